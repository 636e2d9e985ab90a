import { afterEach, describe, expect, it } from 'vitest'
import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import {
  createTestWorld,
  idOf,
  kustomizationYaml,
  pushRoot,
  rootSource,
  rootUrl,
  type TestWorld,
} from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const object = (kind: string, name: string, field: string) =>
  `apiVersion: v1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: default }\n${field}\n`

const push = (digit: string, files: Readonly<Record<string, string>>) =>
  pushRoot(world, digit, files)

describe('reconcileKustomization', () => {
  it('reads variables where the Kustomization stands, not where it applies to', async () => {
    const remote = createSandboxCluster({ settleMs: 0 })
    world = await createTestWorld({ remoteTransport: remote.transport })
    const home = [
      object('Secret', 'remote', 'stringData: { value: any }'),
      object('ConfigMap', 'vars', 'data: { color: blue }'),
    ].map((text) => text.replace('default', 'flux-system'))
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: flux-system }\n'
    const more = `  kubeConfig: { secretRef: { name: remote } }
  postBuild: { substituteFrom: [{ kind: ConfigMap, name: vars }] }
`
    await push('1', {
      'home.yaml': [namespace, ...home].join('---\n'),
      'apps.yaml': kustomizationYaml('apps', more),
      'apps/one.yaml': object('ConfigMap', 'one', `data: { color: '\${color}' }`),
    })
    await world.operations.reconcile(idOf('Kustomization', 'apps'))
    await world.settle(2_000)
    expect((await world.object('Kustomization', 'apps')).message).toContain('Applied revision')
    await remote.close()
  })

  it('tells warnings also when the first attempt at a revision only met a dependency', async () => {
    world = await createTestWorld()
    const part = object('ConfigMap', 'part', 'data: {}').replace(
      'default }',
      'default, labels: { app.kubernetes.io/part-of: flux } }',
    )
    const files = {
      'a.yaml': kustomizationYaml('a', '  dependsOn: [{ name: z }]\n'),
      'a/part.yaml': part,
    }
    await push('1', files)
    expect((await world.object('Kustomization', 'a')).reason).toBe('DependencyNotReady')
    world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, {
      'kustomization.yaml': 'resources: [a.yaml, z.yaml]\n',
      ...files,
      'z.yaml': kustomizationYaml('z'),
      'z/one.yaml': object('ConfigMap', 'one', 'data: {}'),
    })
    await world.ask(rootSource, 'webhook')
    await world.settle()
    await world.operations.reconcile(idOf('Kustomization', 'flux-system'))
    await world.settle(60_000)
    expect((await world.object('Kustomization', 'a')).ready).toBe('True')
    const warnings = (await world.events('Kustomization', 'a')).filter(({ message }) =>
      message.startsWith('Warnings:'),
    )
    expect(warnings).toHaveLength(1)
  })
})
