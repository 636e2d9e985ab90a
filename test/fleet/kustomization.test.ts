import { describe, expect, it } from 'vitest'
import { readFleetObject } from '../../lib/fleet/fleet-object.ts'
import type { JsonObject } from '../../lib/manifest/object.ts'

const read = (spec: JsonObject) => {
  const found = readFleetObject(
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'apps', namespace: 'flux-system' },
      spec: {
        interval: '10m',
        prune: true,
        sourceRef: { kind: 'GitRepository', name: 'repo' },
        ...spec,
      },
    },
    'staging',
  )
  if (found.type !== 'Kustomization') throw new Error(JSON.stringify(found.faults))
  return found.spec
}

describe('readKustomization', () => {
  // Source: flux.md §1.6 and §10: the interval less 30 s, and 30 s at least, even where 5s is asked for.
  it.each([
    [{}, 570_000],
    [{ interval: '20s' }, 30_000],
    [{ timeout: '5s' }, 30_000],
    [{ timeout: '2m' }, 120_000],
    [{ interval: '1h' }, 3_570_000],
  ])('%j has a timeout of %d ms', (spec, timeoutMs) => {
    expect(read(spec).timeoutMs).toBe(timeoutMs)
  })

  it('retries at the interval unless told otherwise', () => {
    expect(read({}).retryIntervalMs).toBe(600_000)
    expect(read({ retryInterval: '1m' }).retryIntervalMs).toBe(60_000)
  })

  it('reads what goes into the build', () => {
    const { build } = read({
      targetNamespace: 'apps',
      namePrefix: 'a-',
      images: [{ name: 'nginx', newTag: '2' }],
      patches: [{ patch: '[]', target: { kind: 'Deployment' } }],
      components: ['../c'],
    })
    expect(build).toEqual({
      targetNamespace: 'apps',
      namePrefix: 'a-',
      images: [{ name: 'nginx', newTag: '2' }],
      patches: [{ patch: '[]', target: { kind: 'Deployment' } }],
      components: ['../c'],
      ignoreMissingComponents: false,
    })
  })

  it('reads postBuild with its defaults', () => {
    const { postBuild } = read({
      postBuild: {
        substitute: { a: '1' },
        substituteFrom: [
          { kind: 'Secret', name: 's', optional: true },
          { kind: 'ConfigMap', name: 'c' },
        ],
      },
    })
    expect(postBuild).toEqual({
      substitute: { a: '1' },
      substituteFrom: [
        { kind: 'Secret', name: 's', isOptional: true },
        { kind: 'ConfigMap', name: 'c', isOptional: false },
      ],
      strategy: 'WithVariables',
    })
  })

  it('gives health checks the group of deployments unless told otherwise', () => {
    const { healthChecks } = read({
      healthChecks: [{ kind: 'Deployment', name: 'web', namespace: 'a' }],
    })
    expect(healthChecks[0]?.apiVersion).toBe('apps/v1')
  })
})
