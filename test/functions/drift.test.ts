import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseEnvelope } from '../../lib/queue/envelope.ts'
import { createDrift } from '../../lib/runtime/aws-drift.ts'
import { schedule } from '../../lib/store/calendar.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'
import { type AwsWorld, createAwsWorld } from '../cli/aws-world.ts'

const count = 10_000

let world: AwsWorld
const asked: string[] = []
beforeEach(async () => {
  asked.length = 0
  world = await createAwsWorld('/')
  world.actions.set('AmazonSQS.SendMessageBatch', (input) => {
    const { Entries }: { Entries: { MessageBody: string }[] } = JSON.parse(input)
    asked.push(...Entries.map(({ MessageBody }) => parseEnvelope(MessageBody)?.group ?? ''))
    return { status: 200, body: '{"Successful":[]}' }
  })
})
afterEach(() => world.close())

/** What the calendar holds of so many objects, all of them due; their times in order. */
async function fillCalendar(): Promise<readonly string[]> {
  const store = createMemoryStore()
  const due = Date.now() - 3_600_000
  for (let index = 0; index < count; index += 1) {
    await schedule(store, `one/Kustomization/ns/n${index}`, new Date(due + index))
  }
  for (const key of await store.list('')) {
    await world.bucket.put('state', key, (await store.get(key))?.body ?? '')
  }
  return store.list('calendar/at/')
}

/** Each batch that is sent takes 150 ms of the function's minute: 10,000 are more than it holds. */
async function minute(): Promise<void> {
  const from = asked.length
  const getRemainingTimeInMillis = (): number => 60_000 - (asked.length - from) * 15
  const environment = {
    ...world.environment,
    STATE_BUCKET: 'state',
    REQUEST_QUEUE_URL: 'https://sqs/1/request.fifo',
    REQUEST_DELAY_QUEUE_URL: 'https://sqs/1/delay',
  }
  await createDrift(environment)({}, { getRemainingTimeInMillis })
}

it('asks for 10,000 objects that are due, as many a minute as there is time for', async () => {
  const times = await fillCalendar()
  await minute()
  expect(asked).toHaveLength(2_000)
  expect(asked[0]).toBe('one/Kustomization/ns/n0')
  // What was looked at is due later; what was not is asked for again, and the queue knows its name.
  for (const key of times.slice(0, 1_500)) await world.bucket.delete('state', key)
  asked.length = 0
  await minute()
  expect(asked.slice(0, 500)).toEqual(
    Array.from({ length: 500 }, (_, at) => `one/Kustomization/ns/n${1_500 + at}`),
  )
  expect(asked).toHaveLength(2_000)
})
