import { describe, expect, it } from 'vitest'
import { takeOverPatch } from '../../lib/apply/take-over.ts'
import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'

const desired: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }

function live(managedFields: JsonObject[], metadata: JsonObject = {}): KubeObject {
  return {
    ...desired,
    metadata: { name: 'a', resourceVersion: '7', managedFields, ...metadata },
  }
}

function entry(manager: string, operation: string, data: JsonObject, more = {}): JsonObject {
  const fieldsV1 = { 'f:data': { '.': {}, ...data } }
  return { manager, operation, apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1, ...more }
}

const guard = { op: 'replace', path: '/metadata/resourceVersion', value: '7' }

describe('take-over', () => {
  it('merges the fields of other appliers into our own entry', () => {
    const ours = entry('driftless', 'Apply', { 'f:a': {} })
    const status = entry('kube-controller-manager', 'Update', { 'f:s': {} })
    const patch = takeOverPatch(
      desired,
      live([
        entry('kubectl-client-side-apply', 'Update', { 'f:b': {} }),
        status,
        ours,
        entry('kustomize-controller', 'Apply', { 'f:a': {}, 'f:c': { 'f:d': {} } }),
      ]),
      'driftless',
    )
    const merged = { 'f:a': {}, 'f:b': {}, 'f:c': { 'f:d': {} } }
    expect(patch).toEqual([
      {
        op: 'replace',
        path: '/metadata/managedFields',
        value: [status, entry('driftless', 'Apply', merged)],
      },
      guard,
    ])
  })

  it('makes the first of them ours where we have none', () => {
    const patch = takeOverPatch(
      desired,
      live([
        entry('before-first-apply', 'Update', { 'f:a': {} }),
        entry('kubectl', 'Apply', { 'f:b': {} }),
      ]),
      'driftless',
    )
    expect(patch?.[0]?.value).toEqual([entry('driftless', 'Apply', { 'f:a': {}, 'f:b': {} })])
  })

  it('removes the marks that other appliers left', () => {
    const marks = {
      annotations: {
        'kubectl.kubernetes.io/last-applied-configuration': '{}',
        'kustomize.toolkit.fluxcd.io/checksum': 'x',
        mine: 'y',
      },
      labels: { 'fluxcd.io/sync-gc-mark': 'z' },
    }
    expect(takeOverPatch(desired, live([], marks), 'driftless')).toEqual([
      {
        op: 'remove',
        path: '/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration',
      },
      { op: 'remove', path: '/metadata/annotations/kustomize.toolkit.fluxcd.io~1checksum' },
      { op: 'remove', path: '/metadata/labels/fluxcd.io~1sync-gc-mark' },
      guard,
    ])
  })

  it('is nothing where there is nobody to take over from', () => {
    const others = [
      entry('driftless', 'Apply', { 'f:a': {} }),
      entry('kube-controller-manager', 'Update', { 'f:s': {} }),
      entry('helm', 'Apply', { 'f:h': {} }),
      entry('before-first-apply', 'Apply', { 'f:h': {} }),
      entry('kubectl-scale', 'Update', { 'f:r': {} }, { subresource: 'scale' }),
    ]
    expect(takeOverPatch(desired, live(others), 'driftless')).toBeUndefined()
  })

  it('is nothing where the object says Merge', () => {
    const merge = { ...desired, metadata: { name: 'a', labels: { [mergeSwitch]: 'MERGE' } } }
    const taken = live([entry('kubectl', 'Apply', { 'f:b': {} })])
    expect(takeOverPatch(merge, taken, 'driftless')).toBeUndefined()
  })
})

const mergeSwitch = 'kustomize.toolkit.fluxcd.io/ssa'
