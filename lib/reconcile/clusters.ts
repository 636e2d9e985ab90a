import { type ClusterSpec, readCluster as readSpec } from '../fleet/cluster.ts'
import { createFields } from '../fleet/fields.ts'
import type { Store } from '../store/store.ts'
import { readCluster } from './sync-fleet.ts'

/** The settings of a registered cluster; undefined where there is none of that name. */
export async function readClusterSpec(
  store: Store,
  name: string,
): Promise<ClusterSpec | undefined> {
  const object = await readCluster(store, name)
  return object === undefined ? undefined : readSpec(createFields(object.spec, 'spec', []))
}
