import { afterEach, describe, expect, it } from 'vitest'
import { clusterYaml, createTestWorld, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const kustomization = (name: string, more = '') => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system, labels: { wave: '1' } }
spec:
  interval: 10m
  timeout: 1m
  path: ./${name}
  prune: true
  sourceRef: { kind: GitRepository, name: flux-system }
${more}`
const config = (name: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\n`

async function start(files: Readonly<Record<string, string>>): Promise<void> {
  world = await createTestWorld()
  const top = Object.keys(files).filter((path) => !path.includes('/'))
  world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, {
    'kustomization.yaml': `resources: [${top.join(', ')}]\n`,
    ...files,
  })
  await world.load(clusterYaml)
  await world.settle(5_000)
}

const depends = (entry: string) => `  dependsOn: [{ ${entry} }]\n`
const two = (entry: string) => ({
  'a.yaml': kustomization('a'),
  'a/one.yaml': config('one'),
  'z.yaml': kustomization('z', depends(entry)),
  'z/two.yaml': config('two'),
})
const state = async (name: string) => {
  const { ready, reason, message } = await world.object('Kustomization', name)
  return { ready, reason, message }
}

describe('requireDependencies', () => {
  it.each([
    ["dep.metadata.labels.wave == self.metadata.labels['wave']"],
    ["dep.status.conditions.exists(c, c.type == 'Ready' && c.status == 'True')"],
    [
      'dep.status.observedGeneration == dep.metadata.generation && size(dep.status.inventory.entries) == 1',
    ],
  ])('lets a readyExpr decide: %s', async (expression) => {
    await start(two(`name: a, readyExpr: "${expression}"`))
    await world.settle(31_000)
    expect((await state('z')).ready).toBe('True')
  })

  it('waits where the readyExpr does not hold, or meets a field that is missing', async () => {
    await start(two(`name: a, readyExpr: "dep.metadata.name == 'q'"`))
    expect(await state('z')).toEqual({
      ready: 'False',
      reason: 'DependencyNotReady',
      message: "dependency 'flux-system/a' is not ready according to readyExpr eval",
    })
    await world.close()
    await start(two(`name: a, readyExpr: "dep.status.nope == 'x'"`))
    expect(await state('z')).toEqual({
      ready: 'False',
      reason: 'DependencyNotReady',
      message: "failed to evaluate the CEL expression 'dep.status.nope == 'x'': no such key: nope",
    })
    const [told] = (await world.events('Kustomization', 'z')).slice(-1)
    expect(told?.message).toBe('Dependencies do not meet ready condition, retrying in 30s')
  })

  it('ends for good where the readyExpr can never work', async () => {
    await start(two(`name: a, readyExpr: "dep.status.ready"`))
    expect(await state('z')).toEqual({
      ready: 'False',
      reason: 'InvalidCELExpression',
      message:
        'Reconciliation failed terminally due to configuration error: terminal error: failed to evaluate dependency a: CEL expression output type mismatch: expected bool, got dyn',
    })
    const { status } = await world.object('Kustomization', 'z')
    expect(status.conditions.map(({ type }) => type)).toContain('Stalled')
    expect(status.observedGeneration).toBe(1)
  })

  it('waits for other kinds of the fleet, and for objects of the cluster', async () => {
    await start({
      ...two('kind: GitRepository, name: flux-system'),
      'y.yaml': kustomization(
        'y',
        depends('apiVersion: v1, kind: ConfigMap, name: late, namespace: default'),
      ),
      'y/three.yaml': config('three'),
      'x.yaml': kustomization('x', depends('kind: HelmRelease, name: nginx')),
      'x/four.yaml': config('four'),
    })
    expect((await state('z')).ready).toBe('True')
    expect((await state('y')).message).toBe("dependency 'ConfigMap/default/late' not found")
    expect((await state('x')).message).toBe(
      `dependency 'HelmRelease/flux-system/nginx' not found: HelmRelease "nginx" not found`,
    )
    const client = await world.connect()
    await client.applyServerSide({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'late', namespace: 'default' },
    })
    await world.settle(31_000)
    expect((await state('y')).ready).toBe('True')
  })

  it('names a cycle, and keeps the others going', async () => {
    await start({
      'a.yaml': kustomization('a', depends('name: b')),
      'a/one.yaml': config('one'),
      'b.yaml': kustomization('b', depends('name: a')),
      'b/two.yaml': config('two'),
      'c.yaml': kustomization('c'),
      'c/three.yaml': config('three'),
    })
    expect((await state('a')).message).toBe(
      'circular dependency detected: flux-system/a -> flux-system/b -> flux-system/a; remove one of these from dependsOn',
    )
    expect((await state('c')).ready).toBe('True')
  })
})

describe('healthCheckExprs', () => {
  const watched = (current: string) =>
    `  wait: true\n  healthCheckExprs: [{ apiVersion: v1, kind: ConfigMap, current: "${current}" }]\n`

  it('decide over what the kind itself would say', async () => {
    await start({
      'a.yaml': kustomization('a', watched("data.state == 'up'")),
      'a/one.yaml': config('one'),
    })
    expect((await state('a')).message).toContain('Running health checks')
    await (await world.connect()).patch(
      { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'one' },
      { data: { state: 'up' } },
      { type: 'merge' },
    )
    await world.settle(10_000)
    expect((await state('a')).ready).toBe('True')
  })

  it('tell that a field never came', async () => {
    await start({
      'a.yaml': kustomization('a', watched('data.nope == 1')),
      'a/one.yaml': config('one'),
    })
    await world.settle(70_000)
    expect((await state('a')).message).toMatch(
      /timeout waiting for: \[ConfigMap\/default\/one status: 'Unknown': failed to evaluate the CEL expression 'data.nope == 1': no such attribute\(s\): data.nope\]$/,
    )
  })

  it('end for good where they can never work', async () => {
    await start({ 'a.yaml': kustomization('a', watched('data.')), 'a/one.yaml': config('one') })
    expect(await state('a')).toMatchObject({ ready: 'False', reason: 'InvalidCELExpression' })
    expect((await state('a')).message).toContain(
      'Reconciliation failed terminally due to configuration error: failed to create custom status evaluator for healthchecks[0]: failed to parse the expression Current:',
    )
    const [told] = (await world.events('Kustomization', 'a')).slice(-1)
    expect([told?.severity, told?.metadata]).toEqual(['error', {}])
  })
})
