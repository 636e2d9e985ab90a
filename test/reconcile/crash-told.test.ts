import { expect, it } from 'vitest'
import { createMemoryQueue, type MemoryQueue } from '../../lib/queue/memory.ts'
import { emit } from '../../lib/reconcile/emit.ts'
import { readEvent } from '../../lib/reconcile/event-log.ts'
import { createNotices } from '../../lib/reconcile/notices.ts'
import { createWorker } from '../../lib/reconcile/worker.ts'
import { clusterYaml, createTestWorld, idOf, rootSource, rootUrl } from './world.ts'

/** A process that dies at one of its accesses to the store, a queue, a cluster or a chat, and the next one. */
function createMortal() {
  let left = Number.POSITIVE_INFINITY
  return {
    dieAfter: (accesses: number) => {
      left = accesses
    },
    isDead: () => left < 0,
    revive: () => {
      left = Number.POSITIVE_INFINITY
    },
    access: () => {
      left -= 1
      if (left < 0) throw new Error('killed')
    },
  }
}

const alerts = (type: string) => `${clusterYaml}---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
metadata: { name: chat, namespace: flux-system }
spec: { type: ${type}, address: 'https://chat.example/in' }
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
metadata: { name: all, namespace: flux-system }
spec: { providerRef: { name: chat }, eventSources: [{ kind: Kustomization, name: '*' }] }
`

for (const { type, most } of [
  { type: 'generic', most: 1 },
  // A chat's group is noted as told after it was sent: killed in between, it is told again.
  { type: 'slack', most: 2 },
]) {
  it(`tells ${type} of an event wherever its sender is killed, at most ${most} times`, async () => {
    let isOver = false
    const posts: number[] = []
    for (let at = 0; !isOver; at += 1) {
      expect(at).toBeLessThan(100)
      const told = await tellWithDeath(type, at)
      isOver = told.isOver
      posts.push(told.posts)
    }
    expect(posts.length).toBeGreaterThan(8)
    expect(posts.at(-1)).toBe(1)
    expect([Math.min(...posts), Math.max(...posts)]).toEqual([1, most])
  })
}

async function tellWithDeath(type: string, at: number) {
  let time = Date.parse('2026-11-23T10:00:00Z')
  const mortal = createMortal()
  const world = await createTestWorld({ beforeEach: mortal.access })
  const notices = createMemoryQueue({ now: () => time })
  const queue = { send: dying(notices, mortal.access) }
  const ports = { ...world.ports, notices: queue, now: () => new Date(time) }
  await world.load(alerts(type))
  const subject = { id: idOf('Kustomization', 'apps') }
  const metadata = { revision: 'main@sha1:1234567' }
  const input = { severity: 'error', reason: 'BuildFailed', message: 'it broke', metadata } as const
  await emit(ports, subject, input)
  let posts = 0
  const consume = createNotices(ports, {
    request: async () => {
      mortal.access()
      posts += 1
      return { status: 200, headers: {}, body: new TextEncoder().encode('ok') }
    },
  })
  mortal.dieAfter(at)
  await notices.drain(consume)
  const isOver = !mortal.isDead()
  mortal.revive()
  for (; notices.waiting().length > 0; time += 5_000) await notices.drain(consume)
  await world.close()
  return { isOver, posts }
}

function dying({ queue }: MemoryQueue, access: () => void): MemoryQueue['queue']['send'] {
  return async (messages) => {
    access()
    await queue.send(messages)
  }
}

it('lets alerts hear of a push, wherever the worker is killed', async () => {
  let isOver = false
  let lost = 0
  let deaths = 0
  for (; !isOver; deaths += 1) {
    const { isOver: isLast, heard } = await pushWithDeath(deaths)
    const isHeard = heard.some((text) => /main@sha1:2 (?:configured|finished)/.test(text))
    expect({ deaths, isHeard }).toEqual({ deaths, isHeard: true })
    if (!heard.includes('main@sha1:2 configured')) lost += 1
    isOver = isLast
  }
  expect(deaths).toBeGreaterThan(30)
  // Between the last write to the cluster and the event of it nobody else can know what was changed; as in Flux.
  expect(lost).toBeLessThanOrEqual(4)
})

async function pushWithDeath(at: number) {
  const mortal = createMortal()
  const world = await createTestWorld({ beforeEach: mortal.access })
  const notices = createMemoryQueue()
  const ports = { ...world.ports, notices: { send: dying(notices, mortal.access) } }
  const work = createWorker(ports)
  const publish = (digit: string, data: string) =>
    world.publish(rootUrl, `main@sha1:${digit.repeat(40)}`, {
      'one.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, namespace: default }\ndata: { key: ${data} }\n`,
    })
  publish('1', 'a')
  await world.load(alerts('generic'))
  await world.requests.drain(work)
  const before = notices.waiting().length
  publish('2', 'b')
  await world.ask(rootSource, 'webhook')
  mortal.dieAfter(at)
  await world.requests.drain(work)
  const isOver = !mortal.isDead()
  mortal.revive()
  await world.settle(120_000, work)
  const events = await Promise.all(
    notices
      .waiting()
      .slice(before)
      .map(async ({ body }) => readEvent(world.ports.store, JSON.parse(body).event)),
  )
  const heard = events.flatMap((event) => {
    const revision = event?.metadata.revision?.slice(0, 'main@sha1:2'.length)
    if (event?.involvedObject.kind !== 'Kustomization') return []
    const text = /finished|configured/.exec(event.message)?.[0]
    return [`${revision} ${text}`]
  })
  await world.close()
  return { isOver, heard }
}
