import { describe, expect, it } from 'vitest'
import {
  apiVersionOfKind,
  groupOfKind,
  isFluxObject,
  readFleetObject,
} from '../../lib/fleet/fleet-object.ts'
import type { KubeObject } from '../../lib/manifest/object.ts'

const bucket = (changes: Partial<KubeObject> = {}): KubeObject => ({
  apiVersion: 'source.toolkit.fluxcd.io/v1',
  kind: 'Bucket',
  metadata: { name: 'b', namespace: 'flux-system' },
  spec: { interval: '1m', bucketName: 'b', endpoint: 's3' },
  ...changes,
})

describe('readFleetObject', () => {
  it('says whose it is, and keeps it as it was written', () => {
    const object = bucket()
    expect(readFleetObject(object, 'staging')).toMatchObject({
      id: { cluster: 'staging', kind: 'Bucket', namespace: 'flux-system', name: 'b' },
      type: 'Bucket',
      object,
      faults: [],
    })
  })

  it.each([
    ['another group', bucket({ apiVersion: 'example.com/v1' })],
    ['a group of Flux that is not its own', bucket({ apiVersion: 'helm.toolkit.fluxcd.io/v2' })],
    ['a kind that is not built', bucket({ kind: 'HelmRepository' })],
  ])('does not take %s for a kind it knows', (_, object) => {
    expect(readFleetObject(object, 'staging').type).toBe('NotSupportedYet')
  })

  it.each([
    ['spec', bucket({ spec: null })],
    ['spec', bucket({ spec: [] })],
    ['metadata.name', bucket({ metadata: { name: 'B', namespace: 'flux-system' } })],
    ['metadata.name', bucket({ metadata: { name: '../b', namespace: 'flux-system' } })],
    ['metadata.namespace', bucket({ metadata: { name: 'b' } })],
  ])('keeps one whose %s is no good as Invalid', (field, object) => {
    const read = readFleetObject(object, 'staging')
    expect(read.type).toBe('Invalid')
    expect(read.faults.map((fault) => fault.field)).toContain(field)
  })

  it('takes an older version of a kind for the same', () => {
    const object = bucket({ apiVersion: 'source.toolkit.fluxcd.io/v1beta2' })
    expect(readFleetObject(object, 'staging').type).toBe('Bucket')
  })
})

it('registers what is of a group of Flux, whatever its kind', () => {
  expect(isFluxObject({ group: 'image.toolkit.fluxcd.io' })).toBe(true)
  expect(isFluxObject({ group: 'toolkit.fluxcd.io' })).toBe(false)
  expect(isFluxObject({ group: 'constructor' })).toBe(false)
})

it('knows under which version Flux serves each kind', () => {
  const versions = Object.keys(groupOfKind).map((kind) => apiVersionOfKind(kind))
  expect(versions).toEqual([
    'source.toolkit.fluxcd.io/v1',
    'source.toolkit.fluxcd.io/v1',
    'kustomize.toolkit.fluxcd.io/v1',
    'notification.toolkit.fluxcd.io/v1beta3',
    'notification.toolkit.fluxcd.io/v1beta3',
    'notification.toolkit.fluxcd.io/v1',
  ])
})
