import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ClusterError } from '../../lib/cluster/cluster-error.ts'
import { connectFor } from '../../lib/reconcile/connect.ts'
import type { Ports } from '../../lib/reconcile/ports.ts'
import type { Run } from '../../lib/reconcile/run.ts'
import { createTestWorld, idOf, pushRoot, type TestWorld } from './world.ts'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})
afterEach(() => world.close())

const apps = (secretRef: string) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: default }
spec: { interval: 10m, path: ./, prune: true, kubeConfig: { secretRef: ${secretRef} }, sourceRef: { kind: GitRepository, name: nope } }
`
const secret = (key: string) =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: remote, namespace: default }\nstringData: { ${key}: text }\n`

async function connect(more: Partial<Ports['clusters']> = {}): Promise<unknown> {
  const target = await world.ports.registry.find(idOf('Kustomization', 'apps', 'default'))
  const cluster = await world.ports.clusters.find('test')
  if (target?.type !== 'Kustomization' || cluster === undefined) throw new Error('not there')
  const ports = { ...world.ports, clusters: { ...world.ports.clusters, ...more } }
  const run: Pick<Run<typeof target>, 'ports' | 'target'> = { ports, target }
  return connectFor(run, cluster).catch((thrown: unknown) => thrown)
}

/** Source: what kustomize-controller 1.9.5 says; it is the condition's text. */
describe('a kubeconfig that cannot be used', () => {
  it.each([
    ['{ name: remote }', "does not contain a 'value' key with a kubeconfig"],
    ['{ name: remote, key: other }', "does not contain a 'other' key with a kubeconfig"],
  ])('is told by its Secret and key: %s', async (secretRef, fault) => {
    await pushRoot(world, '1', { 'apps.yaml': apps(secretRef), 'secret.yaml': secret('x') })
    expect(await connect()).toMatchObject({
      code: 'KubeconfigUnusable',
      message: `KubeConfig secret 'default/remote' ${fault}`,
    })
  })

  it('is told by its Secret where it is none', async () => {
    const files = { 'apps.yaml': apps('{ name: remote }'), 'secret.yaml': secret('value') }
    await pushRoot(world, '1', files)
    const refuse = async (): Promise<never> => {
      throw new ClusterError('KubeconfigInvalid', 'the kubeconfig is no YAML object')
    }
    expect(await connect({ connectRemote: refuse })).toMatchObject({
      code: 'KubeconfigUnusable',
      message: "invalid KubeConfig in secret 'default/remote': the kubeconfig is no YAML object",
    })
  })

  it('is not what is wrong where the cluster behind it is away', async () => {
    const files = { 'apps.yaml': apps('{ name: remote }'), 'secret.yaml': secret('value') }
    await pushRoot(world, '1', files)
    const away = async (): Promise<never> => {
      throw new ClusterError('Unreachable', 'no route')
    }
    expect(await connect({ connectRemote: away })).toMatchObject({
      code: 'Unreachable',
      message: 'no route',
    })
  })
})
