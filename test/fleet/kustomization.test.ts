import { describe, expect, it } from 'vitest'
import { readFleetObject } from '../../lib/fleet/fleet-object.ts'
import type { JsonObject } from '../../lib/manifest/object.ts'

const readAny = (spec: JsonObject, annotations: JsonObject = {}) =>
  readFleetObject(
    {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'apps', namespace: 'flux-system', annotations },
      spec: {
        interval: '10m',
        prune: true,
        sourceRef: { kind: 'GitRepository', name: 'repo' },
        ...spec,
      },
    },
    'staging',
  )

const read = (spec: JsonObject, annotations: JsonObject = {}) => {
  const found = readAny(spec, annotations)
  if (found.type !== 'Kustomization') throw new Error(JSON.stringify(found.faults))
  return found.spec
}

describe('readKustomization', () => {
  // Source: kustomize-controller, read and run: the interval less 30 s, and 30 s at least, even where 5s is asked for.
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

  it('substitutes carefully where the annotation says so, and refuses to guess', () => {
    const key = 'fleet.driftless.dev/substitute'
    expect(read({ postBuild: {} }, { [key]: 'careful' }).postBuild?.isCareful).toBe(true)
    expect(read({ postBuild: {} }, { [key]: 'flux' }).postBuild?.isCareful).toBeUndefined()
    expect(readAny({ postBuild: {} }, { [key]: 'carefull' })).toMatchObject({
      type: 'Invalid',
      faults: [{ severity: 'error', field: `metadata.annotations["${key}"]` }],
    })
  })

  it('gives health checks the group of deployments unless told otherwise', () => {
    const { healthChecks } = read({
      healthChecks: [{ kind: 'Deployment', name: 'web', namespace: 'a' }],
    })
    expect(healthChecks[0]?.apiVersion).toBe('apps/v1')
  })
})
