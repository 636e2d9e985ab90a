import { expect, it } from 'vitest'
import type { SyncSpec } from '../../lib/fleet/cluster.ts'
import { readFleetObject } from '../../lib/fleet/fleet-object.ts'
import { loadFleet } from '../../lib/fleet/load.ts'
import { syncObjects } from '../../lib/fleet/sync.ts'

function syncOf(spec: string): SyncSpec {
  const text = `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: test }
spec:
  connection: { sandbox: {} }
  sync: ${spec}
`
  const { clusters, faults } = loadFleet([{ file: 'fleet.yaml', text }])
  expect(faults).toEqual([])
  const sync = clusters[0]?.spec.sync
  if (sync === undefined) throw new Error('the cluster has no sync')
  return sync
}

it('stands for the source and the Kustomization that flux bootstrap makes', () => {
  const objects = syncObjects(
    syncOf(`
    source: { kind: GitRepository, url: 'https://git.example/fleet', ref: { branch: main } }
    path: ./clusters/test`),
  )
  expect(objects.map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name])).toEqual([
    ['GitRepository', 'flux-system', 'flux-system'],
    ['Kustomization', 'flux-system', 'flux-system'],
  ])
  expect(objects[1]?.spec).toEqual({
    interval: '10m0s',
    path: './clusters/test',
    prune: true,
    sourceRef: { kind: 'GitRepository', name: 'flux-system' },
  })
})

it.each([
  [
    'GitRepository',
    `
    source: { kind: GitRepository, url: 'https://git.example/fleet', ref: { tag: v1 }, secretRef: { name: token } }
    path: ./`,
  ],
  [
    'Bucket',
    `
    source: { kind: Bucket, bucketName: fleet, endpoint: s3.example, region: eu-west-1, prefix: a/ }
    interval: 90s
    path: ./`,
  ],
])('stands for a %s that reads without a fault', (kind, spec) => {
  const [source, root] = syncObjects(syncOf(spec))
  if (source === undefined || root === undefined) throw new Error('an object is missing')
  expect(readFleetObject(source, 'test').type).toBe(kind)
  expect(readFleetObject(root, 'test').type).toBe('Kustomization')
})
