import { createMemoryQueue } from '../../lib/queue/memory.ts'
import { describeQueue } from './contract.ts'

describeQueue('memory', async ({ maxReceives = 5 }) => {
  let now = 1_000_000
  const { drain, ...queue } = createMemoryQueue({ maxReceives, now: () => now })
  return {
    ...queue,
    work: async (consume) => {
      await drain(consume)
    },
    advance: (ms) => {
      now += ms
    },
    close: async () => {},
  }
})
