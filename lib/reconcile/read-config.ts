import type { ClusterClient } from '../cluster/client.ts'
import { rootName } from '../fleet/sync.ts'
import { isJsonObject, type KubeObject } from '../manifest/object.ts'
import type { Ports } from './ports.ts'

/** Keys and bytes of a Secret or ConfigMap. */
export type ConfigData = ReadonlyMap<string, Uint8Array>

export type ConfigPorts = Pick<Ports, 'secretStore' | 'clusters'>

type ConfigRef = {
  readonly kind: 'Secret' | 'ConfigMap'
  readonly cluster: string
  readonly namespace: string
  readonly name: string
}

/**
 * A Secret or ConfigMap that an object refers to: from its cluster, as Flux does, then from the fleet's own
 * store under `<namespace>/<name>` and `<name>`. Undefined where neither has it.
 * A bare name of that store may be anybody's, the webhook secrets and kubeconfigs of all clusters among them: where
 * tenancy is locked, only the root's namespace reaches it.
 */
export async function readConfig(
  ports: ConfigPorts,
  client: Pick<ClusterClient, 'find'>,
  { cluster, ...ref }: ConfigRef,
): Promise<ConfigData | undefined> {
  const found = await client.find({ group: '', version: 'v1', ...ref })
  if (found !== undefined) return dataOf(found)
  const own = await ports.secretStore.read(`${ref.namespace}/${ref.name}`)
  if (own !== undefined) return own
  const isLocked = (await ports.clusters.find(cluster))?.tenancy === 'locked'
  return isLocked && ref.namespace !== rootName ? undefined : ports.secretStore.read(ref.name)
}

function dataOf(object: KubeObject): ConfigData {
  const isSecret = object.kind === 'Secret'
  return new Map([...entriesOf(object, 'data', isSecret), ...entriesOf(object, 'binaryData', true)])
}

function entriesOf(object: KubeObject, field: string, isBase64: boolean): [string, Uint8Array][] {
  const values = object[field]
  if (!isJsonObject(values)) return []
  return Object.entries(values).flatMap(([key, value]) =>
    typeof value === 'string'
      ? [[key, isBase64 ? Buffer.from(value, 'base64') : Buffer.from(value)]]
      : [],
  )
}
