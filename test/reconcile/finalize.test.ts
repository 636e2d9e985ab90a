import { afterEach, describe, expect, it } from 'vitest'
import type { Transport } from '../../lib/cluster/transport.ts'
import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { createTestWorld, kustomizationYaml, pushRoot, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const kustomization = (name: string, more = '') =>
  kustomizationYaml(name, `  retryInterval: 1m\n  timeout: 1m\n${more}`)

const object = (kind: string, name: string, namespace = 'default', more = '') =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: ${namespace}${more} }\n`
const base = {
  'base.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: { name: flux-system }\n---\n${object('ServiceAccount', 'apps', 'flux-system')}`,
}

/** A folder that stays when its Kustomization goes: the last look at the Kustomization went well. */
const folder = { 'apps/keep.yaml': object('ConfigMap', 'keep') }

const push = (digit: string, files: Readonly<Record<string, string>>) =>
  pushRoot(world, digit, files)

async function start(files: Readonly<Record<string, string>>): Promise<void> {
  world = await createTestWorld()
  await push('1', { ...base, ...files })
}

const refOf = (kind: string, name: string, namespace = 'default') => ({
  group: '',
  version: 'v1',
  kind,
  namespace,
  name,
})
const isThere = async (name: string) =>
  (await (await world.connect()).find(refOf('ConfigMap', name))) !== undefined
const isRegistered = async (name: string) =>
  world.object('Kustomization', name).then(
    () => true,
    () => false,
  )
const told = async (name: string) =>
  (await world.events('Kustomization', name)).map(
    ({ severity, reason, message }) => `${severity}/${reason} ${message}`,
  )

describe('finalizeKustomization', () => {
  it('takes the nested down before its own objects, and dependents before what they need', async () => {
    await start({
      'outer.yaml': kustomization('outer'),
      'outer/one.yaml': object('ConfigMap', 'one'),
      'outer/a.yaml': kustomization('a'),
      'outer/z.yaml': kustomization('z', '  dependsOn: [{ name: a }]\n'),
      'a/in-a.yaml': object('ConfigMap', 'in-a'),
      'z/in-z.yaml': object('ConfigMap', 'in-z'),
    })
    await world.settle(31_000)
    expect(await isThere('in-z')).toBe(true)
    const deleted: string[] = []
    await push('2', base)
    for (const name of ['outer', 'a', 'z']) {
      expect(await isRegistered(name)).toBe(false)
      const events = await world.events('Kustomization', name)
      const event = events.find(({ message }) => message.includes(' deleted'))
      deleted.push(`${event?.id} ${name}`)
    }
    expect(deleted.sort().map((line) => line.split(' ')[1])).toEqual(['z', 'a', 'outer'])
    expect((await told('outer')).at(-1)).toBe(
      'info/Progressing Kustomization/flux-system/a deleted\nKustomization/flux-system/z deleted\nConfigMap/default/one deleted',
    )
  })

  it('lets go, and says of what, where the service account is gone', async () => {
    const apps = { 'apps.yaml': kustomization('apps', '  serviceAccountName: apps\n') }
    await start({ ...apps, ...folder })
    expect(await isThere('keep')).toBe(true)
    await (await world.connect()).delete(refOf('ServiceAccount', 'apps', 'flux-system'))
    await push('2', { 'base.yaml': base['base.yaml'].split('---\n')[0] ?? '', ...folder })
    expect(await isRegistered('apps')).toBe(false)
    expect(await isThere('keep')).toBe(true)
    expect((await told('apps')).slice(-2)).toEqual([
      'error/ReconciliationSucceeded unable to prune objects: \nConfigMap/default/keep',
      'info/ReconciliationSucceeded Reconciliation finished in 0s, next run in 10m0s',
    ])
  })

  it('lets go where the kubeconfig it acted with is gone', async () => {
    const secret = `${object('Secret', 'remote', 'flux-system')}stringData: { value: any }\n`
    const more = '  kubeConfig: { secretRef: { name: remote } }\n'
    await start({
      'secret.yaml': secret,
      'apps.yaml': kustomization('apps', more),
      'apps/one.yaml': object('ConfigMap', 'one'),
    })
    await world.settle(61_000)
    expect(await isThere('one')).toBe(true)
    await push('2', base)
    expect(await isRegistered('apps')).toBe(false)
    expect((await told('apps')).at(-1)).toContain(
      'unable to prune objects: \nConfigMap/default/one',
    )
  })

  it('waits for termination no longer than its timeout, and says that it did', async () => {
    const held = object('ConfigMap', 'held', 'default', ', finalizers: [example.com/hold]')
    await start({
      'apps.yaml': kustomization('apps', '  deletionPolicy: WaitForTermination\n'),
      'apps/held.yaml': held,
    })
    await push('2', { ...base, 'apps/held.yaml': held })
    await world.settle(30_000)
    expect(await isRegistered('apps')).toBe(true)
    await world.settle(40_000)
    expect(await isRegistered('apps')).toBe(false)
    const messages = await told('apps')
    expect(messages.filter((line) => line.includes('deleted'))).toEqual([
      'info/ReconciliationSucceeded ConfigMap/default/held deleted',
    ])
    expect(messages.slice(-2)).toEqual([
      'error/ReconciliationSucceeded failed to wait for resources termination',
      'info/ReconciliationSucceeded Reconciliation finished in 0s, next run in 10m0s',
    ])
  })

  it('is tried again soon where a deletion fails, tells of it once, and ends when it may', async () => {
    const sandbox = createSandboxCluster({ settleMs: 0 })
    let isForbidden = true
    const transport: Transport = async (request) => {
      if (request.method !== 'DELETE' || !isForbidden) return sandbox.transport(request)
      const body = { kind: 'Status', reason: 'Forbidden', message: 'you may not' }
      return { status: 403, body, warnings: [] }
    }
    world = await createTestWorld({ transport })
    await push('1', { ...base, 'apps.yaml': kustomization('apps'), ...folder })
    await push('2', { ...base, ...folder })
    await world.settle(20_000)
    const failed = (await told('apps')).filter((line) => line.startsWith('error'))
    expect(failed).toEqual([
      'error/PruneFailed delete failed, errors: ConfigMap/default/keep delete failed: you may not;',
    ])
    isForbidden = false
    await world.settle(25_000)
    expect(await isRegistered('apps')).toBe(false)
    expect(await isThere('keep')).toBe(false)
    await sandbox.close()
  })

  it('holds a Namespace until it may go, or is told so by its deletionPolicy', async () => {
    const team = `apiVersion: v1\nkind: Namespace\nmetadata: { name: team }\n`
    await start({
      'mirror.yaml': kustomization('mirror'),
      'mirror/ns.yaml': team,
      'delete.yaml': kustomization('delete', '  deletionPolicy: Delete\n'),
      'delete/ns.yaml': team.replace('team', 'other'),
    })
    await push('2', base)
    expect([await isRegistered('mirror'), await isRegistered('delete')]).toEqual([true, false])
    const held = await world.object('Kustomization', 'mirror')
    expect([held.ready, held.reason]).toEqual(['False', 'PruneFailed'])
    const allow = { metadata: { annotations: { 'fleet.driftless.dev/allow-prune': 'true' } } }
    const client = await world.connect()
    await client.patch(refOf('Namespace', 'team', ''), allow, { type: 'merge' })
    await world.settle(61_000)
    expect(await isRegistered('mirror')).toBe(false)
  })
})
