import type { ClusterClient } from '../../cluster/client.ts'
import { isJsonObject, type Json, type KubeObject, type ObjectRef } from '../../manifest/object.ts'
import type { ClusterName, World } from './world.ts'

/** Looks at the clusters as kubectl would, past everything Driftless believes. */
export type Look = {
  readonly find: (
    cluster: ClusterName,
    kind: string,
    name: string,
  ) => Promise<KubeObject | undefined>
  readonly image: (cluster: ClusterName) => Promise<string>
  readonly client: (cluster: ClusterName) => Promise<ClusterClient>
}

const apiVersions: Readonly<Record<string, { group: string; version: string }>> = {
  Deployment: { group: 'apps', version: 'v1' },
  HorizontalPodAutoscaler: { group: 'autoscaling', version: 'v2' },
}

export function createLook(world: World): Look {
  const find: Look['find'] = async (cluster, kind, name) =>
    (await world.client(cluster)).find(refTo(cluster, kind, name))
  return {
    find,
    client: world.client,
    image: async (cluster) => {
      const deployment = await find(cluster, 'Deployment', 'podinfo')
      const image = valueAt(deployment ?? null, [
        'spec',
        'template',
        'spec',
        'containers',
        0,
        'image',
      ])
      return typeof image === 'string' ? image : ''
    },
  }
}

export function refTo(cluster: ClusterName, kind: string, name: string): ObjectRef {
  const { group, version } = apiVersions[kind] ?? { group: '', version: 'v1' }
  return { group, version, kind, namespace: `podinfo-${cluster}`, name }
}

/** What lies at a path, or undefined. */
export function valueAt(value: Json, path: readonly (string | number)[]): Json | undefined {
  let current: Json | undefined = value
  for (const step of path) {
    if (Array.isArray(current) && typeof step === 'number') current = current[step]
    else if (isJsonObject(current) && typeof step === 'string') current = current[step]
    else return undefined
  }
  return current
}
