import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { receiverDigest } from '../../lib/receiver/flux-receiver.ts'
import { digestOfPath } from '../../lib/reconcile/keys.ts'
import { receiversAt } from '../../lib/reconcile/reconcile-receiver.ts'
import { clusterYaml, createTestWorld, idOf, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
  world.publish(rootUrl, 'main@sha1:1', {})
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } }
  await (await world.connect()).applyServerSide(namespace)
})
afterEach(() => world.close())

const secret = (token: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'hook', namespace: 'flux-system' },
  data: { token: Buffer.from(token).toString('base64') },
})

const receiver = (spec: string, source = 'staging') => `${clusterYaml}---
apiVersion: notification.toolkit.fluxcd.io/v1
kind: Receiver
metadata: { name: door, namespace: flux-system }
spec: { type: generic, secretRef: { name: hook }, ${spec} }
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: app, namespace: flux-system, labels: { env: ${source} } }
spec: { interval: 1m, url: 'https://git.example/app' }
`

const all = "resources: [{ kind: GitRepository, name: '*' }]"

async function writeToken(token: string): Promise<void> {
  const client = await world.connect()
  await client.applyServerSide(secret(token), { isForced: true })
}

async function doorsAt(path: string | undefined) {
  return receiversAt(world.ports.store, digestOfPath(path ?? ''))
}

async function pathOf() {
  return (await world.object('Receiver', 'door')).status.webhookPath
}

describe('a Receiver', () => {
  it("opens Flux's own path, and knows whom it asks to look", async () => {
    await writeToken('t0ken')
    await world.load(receiver("resources: [{ kind: GitRepository, name: '*' }]"))
    await world.settle()
    const digest = receiverDigest('t0ken', 'door', 'flux-system')
    expect(await pathOf()).toBe(`/hook/${digest}`)
    const [door] = await doorsAt(await pathOf())
    expect(door?.resources.map(({ name }) => name).toSorted()).toEqual(['app', 'flux-system'])
    const { conditions } = (await world.object('Receiver', 'door')).status
    expect(conditions).toMatchObject([
      { type: 'Ready', message: `Receiver initialized for path: /hook/${digest}` },
    ])
  })

  it('narrows what it names by labels, and names nothing twice', async () => {
    await writeToken('t0ken')
    const wanted = "{ kind: GitRepository, name: '*', matchLabels: { env: staging } }"
    await world.load(receiver(`resources: [${wanted}, { kind: GitRepository, name: app }]`))
    await world.settle()
    const [door] = await doorsAt(await pathOf())
    expect(door?.resources).toEqual([idOf('GitRepository', 'app')])
  })

  it('moves to another path with another token, and closes the old one', async () => {
    await writeToken('first')
    await world.load(receiver(all))
    await world.settle()
    const before = await pathOf()
    await writeToken('second')
    await world.ask(idOf('Receiver', 'door'), 'user')
    await world.settle()
    expect(await pathOf()).toBe(`/hook/${receiverDigest('second', 'door', 'flux-system')}`)
    expect(await doorsAt(before)).toEqual([])
    expect(await doorsAt(await pathOf())).toHaveLength(1)
  })

  it('closes its door where the token is gone, and when it is removed', async () => {
    await writeToken('t0ken')
    await world.load(receiver(all))
    await world.settle()
    const path = await pathOf()
    const client = await world.connect()
    await client.delete({
      group: '',
      version: 'v1',
      kind: 'Secret',
      namespace: 'flux-system',
      name: 'hook',
    })
    await world.ask(idOf('Receiver', 'door'), 'user')
    await world.settle()
    expect(await doorsAt(path)).toEqual([])
    const { conditions } = (await world.object('Receiver', 'door')).status
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: 'Ready', status: 'False', reason: 'TokenNotFound' }),
    )
    await writeToken('t0ken')
    await world.ask(idOf('Receiver', 'door'), 'user')
    await world.settle()
    expect(await doorsAt(path)).toHaveLength(1)
    await world.load(clusterYaml)
    await world.settle()
    expect(await doorsAt(path)).toEqual([])
  })

  it('asks nobody in another namespace where tenancy is locked', async () => {
    await writeToken('t0ken')
    const spec = 'resources: [{ kind: GitRepository, name: x, namespace: other }]'
    await world.load(
      receiver(spec).replace('spec:\n  connection', 'spec:\n  tenancy: locked\n  connection'),
    )
    await world.settle()
    const [door] = await doorsAt(await pathOf())
    expect(door?.resources).toEqual([])
  })

  it('says which of its parts is not built', async () => {
    await writeToken('t0ken')
    await world.load(receiver(all).replace('type: generic', 'type: harbor'))
    await world.settle()
    const { conditions } = (await world.object('Receiver', 'door')).status
    expect(conditions.find(({ type }) => type === 'Stalled')).toMatchObject({
      reason: 'NotSupportedYet',
      message: expect.stringContaining('spec.type harbor: not built yet; use one of generic'),
    })
    expect(await pathOf()).toBeUndefined()
  })
})
