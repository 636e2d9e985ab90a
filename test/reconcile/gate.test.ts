import { afterEach, describe, expect, it } from 'vitest'
import { requireBuilt, requireSource } from '../../lib/reconcile/gate.ts'
import type { KustomizationObject } from '../../lib/reconcile/run.ts'
import { clusterYaml, createTestWorld, idOf, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const kustomization = (sourceRef: string, more = '') => `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system }
spec:
  interval: 10m
  prune: true
  sourceRef: { ${sourceRef} }
${more}`

async function load(text: string, cluster = clusterYaml): Promise<KustomizationObject> {
  world = await createTestWorld()
  world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, { 'kustomization.yaml': 'resources: []\n' })
  await world.load(`${cluster}${text}`)
  await world.settle(1_000)
  const found = await world.ports.registry.find(idOf('Kustomization', 'apps'))
  if (found?.type !== 'Kustomization') throw new Error(`read as ${found?.type}`)
  return found
}

const root = 'kind: GitRepository, name: flux-system'

describe('requireSource', () => {
  it('gives the artifact that the source holds now', async () => {
    const target = await load(kustomization(root))
    const { id, artifact } = await requireSource(world.ports, target)
    expect([id.name, artifact.revision]).toEqual(['flux-system', `main@sha1:${'1'.repeat(40)}`])
  })

  it.each([
    [
      'kind: Bucket, name: nope',
      '',
      { code: 'SourceNotFound', message: 'Bucket.source.toolkit.fluxcd.io "nope" not found' },
    ],
    [
      'kind: OCIRepository, name: oci',
      '---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: { name: oci, namespace: flux-system }\nspec: {}\n',
      { code: 'NotSupportedYet', reason: 'NotSupportedYet' },
    ],
    [
      'kind: GitRepository, name: empty',
      '---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: { name: empty, namespace: flux-system }\nspec: { interval: 1m, url: "https://git.example/empty" }\n',
      { code: 'SourceNotReady', message: 'Source artifact not found, retrying in 30s' },
    ],
  ])('says why there is nothing to build from: %s', async (sourceRef, more, fault) => {
    const target = await load(`${kustomization(sourceRef)}${more}`)
    await expect(requireSource(world.ports, target)).rejects.toMatchObject(fault)
  })

  it('keeps to the own namespace where tenancy is locked, and only there', async () => {
    const foreign = kustomization('kind: GitRepository, name: x, namespace: other')
    const open = await load(foreign)
    await expect(requireSource(world.ports, open)).rejects.toMatchObject({ code: 'SourceNotFound' })
    await world.close()
    const locked = await load(foreign, clusterYaml.replace('spec:', 'spec:\n  tenancy: locked'))
    await expect(requireSource(world.ports, locked)).rejects.toMatchObject({
      code: 'AccessDenied',
      message: "can't access 'GitRepository/other/x', cross-namespace references have been blocked",
    })
  })
})

describe('requireBuilt', () => {
  it('names what is not built yet instead of passing it over', async () => {
    const more = '  kubeConfig: { configMapRef: { name: eks } }\n'
    const target = await load(kustomization(root, more))
    expect(() => requireBuilt(target)).toThrow(
      'spec.kubeConfig.configMapRef is not built yet; leave it out, or keep this Kustomization with Flux',
    )
    await world.close()
    expect(requireBuilt(await load(kustomization(root)))).toBeUndefined()
  })
})
