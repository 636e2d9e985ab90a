import { afterEach, describe, expect, it } from 'vitest'
import type { ClusterRequest, Transport } from '../../lib/cluster/transport.ts'
import { tick } from '../../lib/reconcile/tick.ts'
import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { clusterYaml, createTestWorld, idOf, rootSource, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const configMap = (name: string, data = 'a') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\ndata: { key: '${data}' }\n`

const kustomization = (
  name: string,
  path: string,
  more = '',
) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec:
  interval: 10m
  path: ${path}
  prune: true
  sourceRef: { kind: GitRepository, name: flux-system }
${more}`

const root = (files: Readonly<Record<string, string>>) => ({
  'kustomization.yaml': `resources: [${Object.keys(files)
    .filter((path) => !path.includes('/'))
    .join(', ')}]\n`,
  ...files,
})

const revision = (digit: string) => `main@sha1:${digit.repeat(40)}`

async function start(
  files: Readonly<Record<string, string>>,
  transport?: Transport,
): Promise<void> {
  world = await createTestWorld(transport === undefined ? {} : { transport })
  world.publish(rootUrl, revision('1'), root(files))
  await world.load(clusterYaml)
  await world.settle()
}

async function push(digit: string, files: Readonly<Record<string, string>>): Promise<void> {
  world.publish(rootUrl, revision(digit), root(files))
  await world.ask(rootSource, 'webhook')
  await world.settle()
}

const ref = (name: string) => ({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'default',
  name,
})
const find = async (name: string) => (await world.connect()).find(ref(name))

describe('a fleet in one cluster', () => {
  it('leaves Flux’s components out, but not the Namespace that the user’s own objects stand in', async () => {
    const labels = 'labels: { app.kubernetes.io/part-of: flux }'
    await start({
      'namespace.yaml': `apiVersion: v1\nkind: Namespace\nmetadata: { name: flux-system, ${labels} }\n`,
      'quota.yaml': `apiVersion: v1\nkind: ResourceQuota\nmetadata: { name: q, namespace: flux-system, ${labels} }\nspec: { hard: { pods: '1' } }\n`,
      'vars.yaml': configMap('vars').replace('default', 'flux-system'),
      'apps.yaml': kustomization('apps', './apps').replace('-system }', `-system, ${labels} }`),
      'apps/one.yaml': configMap('one'),
    })
    const found = await world.object('Kustomization', 'flux-system')
    expect(found.ready).toBe('True')
    expect(found.inventory.map(({ id }) => id)).toEqual([
      '_flux-system__Namespace',
      'flux-system_apps_kustomize.toolkit.fluxcd.io_Kustomization',
      'flux-system_vars__ConfigMap',
    ])
    expect(await find('one')).toBeDefined()
    const [notice] = (await world.events('Kustomization', 'flux-system')).filter(({ message }) =>
      message.includes('left out'),
    )
    expect(notice?.message).toContain('ResourceQuota/flux-system/q')
  })

  it('goes from the root to nested Kustomizations and into the cluster', async () => {
    await start({
      'apps.yaml': kustomization('apps', './apps'),
      'one.yaml': configMap('one'),
      'apps/two.yaml': configMap('two'),
    })
    expect(await find('one')).toBeDefined()
    expect((await find('two'))?.metadata.labels).toMatchObject({
      'kustomize.toolkit.fluxcd.io/name': 'apps',
      'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
    })
    const apps = await world.object('Kustomization', 'apps')
    expect(apps).toMatchObject({
      ready: 'True',
      reason: 'ReconciliationSucceeded',
      message: `Applied revision: ${revision('1')}`,
      declaredBy: 'test/Kustomization/flux-system/flux-system',
    })
    expect(apps.inventory).toEqual([{ id: 'default_two__ConfigMap', v: 'v1' }])
    expect((await world.object('Kustomization', 'flux-system')).inventory).toEqual([
      { id: 'default_one__ConfigMap', v: 'v1' },
      { id: 'flux-system_apps_kustomize.toolkit.fluxcd.io_Kustomization', v: 'v1' },
    ])
  })

  it('changes and prunes with the next revision, and says so in Flux’s words', async () => {
    await start({ 'one.yaml': configMap('one'), 'two.yaml': configMap('two') })
    await push('2', { 'one.yaml': configMap('one', 'b') })
    expect((await find('one'))?.data).toEqual({ key: 'b' })
    expect(await find('two')).toBeUndefined()
    const events = await world.events('Kustomization', 'flux-system')
    expect(events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
      'Progressing: ConfigMap/default/one created\nConfigMap/default/two created',
      expect.stringMatching(
        /^ReconciliationSucceeded: Reconciliation finished in .*, next run in 10m0s$/,
      ),
      'Progressing: ConfigMap/default/one configured',
      'Progressing: ConfigMap/default/two deleted',
      expect.stringMatching(/^ReconciliationSucceeded: Reconciliation finished in .*/),
    ])
    expect(events.map(({ metadata }) => metadata.revision)).toEqual(
      [1, 1, 2, 2, 2].map((n) => revision(String(n))),
    )
  })

  it('asks the cluster nothing about Kustomizations that a commit does not touch', async () => {
    const requests: ClusterRequest[] = []
    const sandbox = createSandboxCluster({ settleMs: 0 })
    const files = {
      'apps.yaml': kustomization('apps', './apps'),
      'apps/two.yaml': configMap('two'),
    }
    await start(files, (request) => {
      requests.push(request)
      return sandbox.transport(request)
    })
    requests.length = 0
    await push('2', { ...files, 'README/other.txt': 'changed' })
    expect(requests).toEqual([])
    expect((await world.object('Kustomization', 'apps')).revision).toBe(revision('2'))
    await push('3', { ...files, 'apps/two.yaml': configMap('two', 'b') })
    expect(requests.length).toBeGreaterThan(0)
    expect((await find('two'))?.data).toEqual({ key: 'b' })
    await sandbox.close()
  })

  it('refuses a broken commit and leaves the cluster as it was', async () => {
    await start({ 'one.yaml': configMap('one') })
    const before = await find('one')
    await push('2', { 'one.yaml': 'apiVersion: v1\nkind: [ConfigMap\n' })
    const failed = await world.object('Kustomization', 'flux-system')
    expect([failed.ready, failed.reason]).toEqual(['False', 'BuildFailed'])
    expect(failed.message).toContain('one.yaml')
    expect(failed.status.lastAppliedRevision).toBe(revision('1'))
    expect(failed.status.lastAttemptedRevision).toBe(revision('2'))
    expect(await find('one')).toEqual(before)
    const last = (await world.events('Kustomization', 'flux-system')).at(-1)
    expect([last?.severity, last?.reason]).toEqual(['error', 'BuildFailed'])
    await push('3', { 'one.yaml': configMap('one', 'c') })
    expect((await world.object('Kustomization', 'flux-system')).ready).toBe('True')
    expect((await find('one'))?.data).toEqual({ key: 'c' })
  })

  it('repairs what a hand changed or deleted when the interval comes', async () => {
    await start({ 'one.yaml': configMap('one'), 'two.yaml': configMap('two') })
    const client = await world.connect()
    await client.patch(ref('one'), { data: { key: 'by hand' } }, { type: 'merge' })
    await client.delete(ref('two'), {})
    await world.settle(60_000)
    expect((await find('one'))?.data).toEqual({ key: 'by hand' })
    await world.settle(600_000)
    expect((await find('one'))?.data).toEqual({ key: 'a' })
    expect(await find('two')).toBeDefined()
    const drift = (await world.events('Kustomization', 'flux-system')).find(
      ({ isDrift }) => isDrift,
    )
    expect(drift?.changes).toEqual([
      {
        subject: 'ConfigMap/default/one',
        action: 'configured',
        fields: [{ path: 'data.key', before: 'by hand', after: 'a' }],
      },
      { subject: 'ConfigMap/default/two', action: 'created' },
    ])
  })

  it('finalizes a nested Kustomization that leaves, and all that it owned', async () => {
    await start({
      'apps.yaml': kustomization('apps', './apps'),
      'apps/inner.yaml': kustomization('inner', './inner'),
      'inner/two.yaml': configMap('two'),
    })
    expect(await find('two')).toBeDefined()
    await push('2', { 'one.yaml': configMap('one') })
    expect(await find('two')).toBeUndefined()
    expect(await world.operations.object(idOf('Kustomization', 'apps'))).toBeUndefined()
    expect(await world.operations.object(idOf('Kustomization', 'inner'))).toBeUndefined()
    expect(await world.ports.store.list('status/test/Kustomization/flux-system/inner')).toEqual([])
  })

  it.each([
    ['deletionPolicy: Orphan', true],
    ['deletionPolicy: Delete', false],
    ['deletionPolicy: MirrorPrune', false],
    ['suspend: true', true],
  ])('with %s keeps its objects when it leaves: %s', async (policy, isKept) => {
    const files = {
      'apps.yaml': kustomization('apps', './apps'),
      'apps/two.yaml': configMap('two'),
    }
    await start(files)
    await push('2', { ...files, 'apps.yaml': kustomization('apps', './apps', `  ${policy}\n`) })
    await push('3', { 'one.yaml': configMap('one') })
    expect((await find('two')) !== undefined).toBe(isKept)
  })

  it('retries what fails once an interval, however many pushes came', async () => {
    const files = (text: string) => ({
      'apps.yaml': kustomization('apps', './apps', '  retryInterval: 10s\n'),
      'apps/one.yaml': `kind: [ # ${text}\n`,
    })
    await start(files('1'))
    for (const digit of ['2', '3', '4']) {
      await push(digit, files(digit))
      await world.settle(1_500)
    }
    const failures = async () =>
      (await world.events('Kustomization', 'apps')).filter(({ severity }) => severity === 'error')
    const before = (await failures()).length
    await world.settle(60_000)
    expect((await failures()).length - before).toBe(6)
  })

  it('looks once at what falls due while it waits in the queue', async () => {
    world = await createTestWorld()
    world.publish(rootUrl, revision('1'), root({ 'one.yaml': configMap('one') }))
    await world.load(clusterYaml)
    const later = new Date(world.ports.now().getTime() + 40_000)
    expect(await tick({ ...world.ports, now: () => later })).toBe(2)
    await world.settle()
    const finished = (await world.events('Kustomization', 'flux-system')).filter(
      ({ reason }) => reason === 'ReconciliationSucceeded',
    )
    expect(finished).toHaveLength(1)
  })

  it('tells once of what it takes down, however long that takes', async () => {
    const held = configMap('held').replace('default }', 'default, finalizers: [example.com/hold] }')
    const apps = kustomization('apps', './apps', '  deletionPolicy: WaitForTermination\n')
    await start({ 'apps.yaml': apps, 'apps/one.yaml': held, 'root.yaml': configMap('root') })
    await push('2', { 'root.yaml': configMap('root') })
    await world.settle(20_000)
    expect(await find('held')).toBeDefined()
    const deletions = (await world.events('Kustomization', 'apps')).filter(({ message }) =>
      message.includes('ConfigMap/default/held deleted'),
    )
    expect(deletions).toHaveLength(1)
  })

  it('lets one bad object stop no other', async () => {
    await start({
      'bad.yaml': kustomization('bad', './bad').replace('10m', '1e99h'),
      'good.yaml': kustomization('good', './good'),
      'helm.yaml':
        'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: h, namespace: flux-system }\n',
      'good/two.yaml': configMap('two'),
    })
    const bad = await world.object('Kustomization', 'bad')
    expect([bad.ready, bad.isStalled, bad.reason]).toEqual(['False', true, 'InvalidSpec'])
    expect(bad.message).toContain("spec.interval '1e99h' is no duration")
    const helm = await world.object('HelmRelease', 'h')
    expect([helm.isStalled, helm.reason]).toEqual([true, 'NotSupportedYet'])
    expect((await world.object('Kustomization', 'good')).ready).toBe('True')
  })

  it('runs dependencies first, whatever their names', async () => {
    await start({
      'a.yaml': kustomization('a', './a', '  dependsOn: [{ name: z }]\n'),
      'z.yaml': kustomization('z', './z'),
      'a/a.yaml': configMap('from-a'),
      'z/z.yaml': configMap('from-z'),
    })
    await world.settle(1_000)
    const [a, z] = await Promise.all(['a', 'z'].map((name) => world.object('Kustomization', name)))
    expect([a?.ready, z?.ready]).toEqual(['True', 'True'])
    expect(await find('from-a')).toBeDefined()
  })

  it('names a cycle in the condition and keeps the others going', async () => {
    await start({
      'a.yaml': kustomization('a', './x', '  dependsOn: [{ name: b }]\n'),
      'b.yaml': kustomization('b', './x', '  dependsOn: [{ name: a }]\n'),
      'c.yaml': kustomization('c', './x'),
      'x/x.yaml': configMap('x'),
    })
    const a = await world.object('Kustomization', 'a')
    expect(a.message).toBe(
      'circular dependency detected: flux-system/a -> flux-system/b -> flux-system/a; remove one of these from dependsOn',
    )
    expect((await world.object('Kustomization', 'c')).ready).toBe('True')
  })

  it('holds a suspended object, whatever its repository says, and goes on when it is resumed', async () => {
    await start({ 'one.yaml': configMap('one') })
    await world.operations.suspend(idOf('Kustomization', 'flux-system'))
    await push('2', { 'one.yaml': configMap('one', 'b') })
    await world.settle(700_000)
    expect((await find('one'))?.data).toEqual({ key: 'a' })
    await world.operations.resume(idOf('Kustomization', 'flux-system'))
    await world.settle()
    expect((await find('one'))?.data).toEqual({ key: 'b' })
  })

  it('substitutes variables, and refuses a missing one before any write', async () => {
    const more = "  postBuild: { substitute: { value: 'filled' } }\n"
    await start({
      'apps.yaml': kustomization('apps', './apps', more),
      'apps/two.yaml': configMap('two', `\${value}`),
    })
    expect((await find('two'))?.data).toEqual({ key: 'filled' })
    await push('2', {
      'apps.yaml': kustomization('apps', './apps', more),
      'apps/three.yaml': configMap('three'),
      'apps/two.yaml': configMap('two', `\${nope}`),
    })
    const failed = await world.object('Kustomization', 'apps')
    expect([failed.ready, failed.reason]).toEqual(['False', 'BuildFailed'])
    expect(failed.message).toContain('variable not set (strict mode): "nope"')
    expect(await find('three')).toBeUndefined()
  })
})
