import { describe, expect, it } from 'vitest'
import { formatChanges, formatDeletions, hasChanges } from '../../lib/inventory/change-set.ts'
import {
  inventoryId,
  inventoryOf,
  inventoryOfRefs,
  parseEntry,
  staleRefs,
  unionInventory,
} from '../../lib/inventory/inventory.ts'
import type { ObjectRef } from '../../lib/manifest/object.ts'

const deployment: ObjectRef = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  namespace: 'flux-system',
  name: 'podinfo',
}
const namespace: ObjectRef = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  namespace: '',
  name: 'ns1',
}
const role: ObjectRef = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  namespace: '',
  name: 'system:node:x',
}

describe('inventory ids', () => {
  it.each([
    [deployment, 'flux-system_podinfo_apps_Deployment'],
    [namespace, '_ns1__Namespace'],
    [role, '_system__node__x_rbac.authorization.k8s.io_ClusterRole'],
  ])('are written and read as Flux does: %j', (ref, id) => {
    expect(inventoryId(ref)).toBe(id)
    expect(parseEntry({ id, v: ref.version })).toEqual(ref)
  })

  it('are no refs where they have not the form of one', () => {
    for (const id of ['', 'a', 'a_b', 'a_b_c', '___', '_a__', '__g_K']) {
      expect(parseEntry({ id, v: 'v1' })).toBeUndefined()
    }
  })
})

describe('inventories', () => {
  it('are sorted and hold each object once', () => {
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns1' } }
    expect(inventoryOf([object, object])).toEqual([{ id: '_ns1__Namespace', v: 'v1' }])
    expect(inventoryOfRefs([deployment, namespace]).map(({ id }) => id)).toEqual([
      '_ns1__Namespace',
      'flux-system_podinfo_apps_Deployment',
    ])
  })

  it('have nothing stale about an object that only changed its version', () => {
    const old = inventoryOfRefs([{ ...deployment, version: 'v1beta1' }, namespace])
    expect(staleRefs(old, inventoryOfRefs([deployment]))).toEqual([namespace])
    expect(staleRefs([], inventoryOfRefs([deployment]))).toEqual([])
  })

  it('are joined without losing either', () => {
    const old = inventoryOfRefs([{ ...deployment, version: 'v1beta1' }, namespace])
    expect(unionInventory(old, inventoryOfRefs([deployment]))).toEqual([
      { id: '_ns1__Namespace', v: 'v1' },
      { id: 'flux-system_podinfo_apps_Deployment', v: 'v1' },
    ])
  })
})

describe('change sets', () => {
  it('are told without what stayed as it was', () => {
    const changes = [
      { ref: namespace, action: 'created' },
      { ref: deployment, action: 'configured' },
      { ref: role, action: 'unchanged' },
      { ref: role, action: 'skipped' },
    ] as const
    expect(formatChanges(changes)).toBe(
      'Namespace/ns1 created\nDeployment/flux-system/podinfo configured\n',
    )
    expect(hasChanges(changes)).toBe(true)
    expect(hasChanges(changes.slice(2))).toBe(false)
  })

  it('of a prune name what was skipped too', () => {
    expect(
      formatDeletions([
        { ref: deployment, action: 'deleted' },
        { ref: namespace, action: 'skipped' },
      ]),
    ).toBe('Deployment/flux-system/podinfo deleted\nNamespace/ns1 skipped\n')
  })
})
