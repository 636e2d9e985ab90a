import { expect, it } from 'vitest'
import type { Message } from '../../lib/queue/queue.ts'
import { tick } from '../../lib/reconcile/tick.ts'
import { schedule } from '../../lib/store/calendar.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'

const now = new Date('2026-11-23T10:00:00.000Z')
const due = new Date('2026-11-23T09:59:00.000Z')

function world() {
  const store = createMemoryStore()
  const sent: Message[] = []
  const requests = { send: async (messages: readonly Message[]) => void sent.push(...messages) }
  return { store, sent, ports: { store, requests, now: () => now } }
}

it('asks for what is due, and for nothing else', async () => {
  const { store, sent, ports } = world()
  await schedule(store, 'a/Kustomization/ns/due', due)
  await schedule(store, 'a/Kustomization/ns/later', new Date('2026-11-23T10:01:00.000Z'))
  expect(await tick(ports)).toBe(1)
  expect(sent.map(({ group }) => group)).toEqual(['a/Kustomization/ns/due'])
  expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
    id: { cluster: 'a', kind: 'Kustomization', namespace: 'ns', name: 'due' },
    cause: 'interval',
    requestedAt: now.toISOString(),
    plannedDueAt: due.toISOString(),
  })
})

it('gives what is still due the same id, so that the queue takes it for one', async () => {
  const { store, sent, ports } = world()
  await schedule(store, 'a/Kustomization/ns/due', due)
  await tick(ports)
  await tick(ports)
  expect(new Set(sent.map(({ id }) => id)).size).toBe(1)
})

it('passes over what is no object, and sends nothing where nothing is due', async () => {
  const { store, sent, ports } = world()
  expect(await tick(ports)).toBe(0)
  await schedule(store, 'no-object', due)
  expect(await tick(ports)).toBe(0)
  expect(sent).toEqual([])
})

it('takes a thousand, and goes on through the rest as long as there is time', async () => {
  const { store, sent, ports } = world()
  for (let index = 0; index < 2_500; index += 1) {
    await schedule(store, `a/Kustomization/ns/n${index}`, new Date(due.getTime() + index))
  }
  expect(await tick(ports)).toBe(1_000)
  const pages = [true, false]
  expect(await tick(ports, () => pages.shift() ?? false)).toBe(2_000)
  sent.length = 0
  expect(await tick(ports, () => true)).toBe(2_500)
  expect(new Set(sent.map(({ group }) => group)).size).toBe(2_500)
  expect(sent[0]?.group).toBe('a/Kustomization/ns/n0')
})
