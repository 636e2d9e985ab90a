import type { ClusterClient } from '../cluster/client.ts'
import { isJsonObject, type KubeObject } from '../manifest/object.ts'
import type { Ports } from './ports.ts'

/** Keys and bytes of a Secret or ConfigMap. */
export type ConfigData = ReadonlyMap<string, Uint8Array>

type ConfigRef = {
  readonly kind: 'Secret' | 'ConfigMap'
  readonly namespace: string
  readonly name: string
}

/**
 * A Secret or ConfigMap that an object refers to: from its cluster, as Flux does, then from the fleet's own
 * store under `<namespace>/<name>` and `<name>`. Undefined where neither has it.
 */
export async function readConfig(
  ports: Pick<Ports, 'secretStore'>,
  client: Pick<ClusterClient, 'find'>,
  ref: ConfigRef,
): Promise<ConfigData | undefined> {
  const found = await client.find({ group: '', version: 'v1', ...ref })
  if (found !== undefined) return dataOf(found)
  return (
    (await ports.secretStore.read(`${ref.namespace}/${ref.name}`)) ??
    (await ports.secretStore.read(ref.name))
  )
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
