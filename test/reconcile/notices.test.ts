import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMemoryQueue, type MemoryQueue } from '../../lib/queue/memory.ts'
import { emit } from '../../lib/reconcile/emit.ts'
import { createNotices } from '../../lib/reconcile/notices.ts'
import type { Ports } from '../../lib/reconcile/ports.ts'
import { clusterYaml, createTestWorld, idOf, type TestWorld } from './world.ts'

const address = "address: 'https://chat.example/in'"
const chat = (more = address) => `---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Provider
metadata: { name: chat, namespace: flux-system }
spec: { type: generic, ${more} }
---
apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
metadata: { name: all, namespace: flux-system }
spec: { providerRef: { name: chat }, eventSources: [{ kind: Kustomization, name: '*' }] }
`

let world: TestWorld
let notices: MemoryQueue
let ports: Ports
const posted: { readonly url: string; readonly body: string }[] = []
const logged: string[] = []

beforeEach(async () => {
  world = await createTestWorld()
  notices = createMemoryQueue()
  const log = { ...world.ports.log, error: (message: string) => void logged.push(message) }
  ports = { ...world.ports, notices: notices.queue, log }
  posted.length = 0
  logged.length = 0
})
afterEach(() => world.close())

const consume = () =>
  createNotices(ports, {
    request: async ({ url, body }) => {
      posted.push({ url, body: typeof body === 'string' ? body : new TextDecoder().decode(body) })
      return { status: 200, headers: {}, body: new Uint8Array() }
    },
  })

async function tell(message: string): Promise<void> {
  const subject = { id: idOf('Kustomization', 'apps') }
  await emit(ports, subject, { severity: 'error', reason: 'BuildFailed', message })
  await notices.drain(consume())
}

describe('createNotices', () => {
  it('sends an event to the provider of an alert that wants it', async () => {
    await world.load(`${clusterYaml}${chat()}`)
    await tell('no such file')
    expect(posted.map(({ url }) => url)).toEqual(['https://chat.example/in'])
    expect(JSON.parse(posted[0]?.body ?? '')).toMatchObject({
      message: 'no such file',
      reason: 'BuildFailed',
      metadata: { cluster: 'test' },
    })
  })

  it('sends nothing for a provider that is suspended', async () => {
    await world.load(`${clusterYaml}${chat(`${address}, suspend: true`)}`)
    await tell('no such file')
    expect(posted).toEqual([])
  })

  it('says on the provider that its secret is missing, and tells no alert of that', async () => {
    await world.load(`${clusterYaml}${chat('secretRef: { name: nope }')}`)
    await tell('no such file')
    expect(posted).toEqual([])
    const events = await world.events('Provider', 'chat')
    expect(events.map(({ reason }) => reason)).toContain('NotificationDispatchFailed')
    expect(logged.length).toBeGreaterThan(0)
  })

  it('refuses for good what it cannot read, and passes over an event that is gone', async () => {
    const delivery = { group: 'g', id: 'm', receiveCount: 1 }
    for (const body of ['{', '[]', '{"job":{"kind":"nope"}}']) {
      await expect(consume()({ ...delivery, body })).rejects.toMatchObject({
        code: 'PoisonMessage',
      })
    }
    await consume()({ ...delivery, body: '{"event":"1763892000000-gone"}' })
    expect(posted).toEqual([])
  })
})
