import type { JsonObject, KubeObject } from '../manifest/object.ts'
import type { ObjectStatus } from './object-status.ts'
import type { RegisteredObject } from './registry.ts'

/** An object of the fleet with its status, as it would stand in a cluster that Flux serves. */
export function fluxView(
  { record, id }: Pick<RegisteredObject, 'record' | 'id'>,
  status: ObjectStatus,
): KubeObject {
  const { name, namespace } = id
  const { generation, uid, createdAt } = record
  const metadata = {
    ...record.object.metadata,
    name,
    namespace,
    uid,
    generation,
    creationTimestamp: createdAt,
  }
  return { ...record.object, metadata, status: fluxStatus(status) }
}

function fluxStatus(status: ObjectStatus): JsonObject {
  const { artifact, inventory, history = [] } = status
  return {
    observedGeneration: status.observedGeneration,
    conditions: status.conditions.map((condition) => ({ ...condition })),
    ...told('lastHandledReconcileAt', status.lastHandledReconcileAt),
    ...told('lastAppliedRevision', status.lastAppliedRevision),
    ...told('lastAttemptedRevision', status.lastAttemptedRevision),
    ...told('webhookPath', status.webhookPath),
    ...(artifact === undefined ? {} : { artifact: artifactOf(artifact) }),
    ...(inventory === undefined
      ? {}
      : { inventory: { entries: inventory.map(({ id, v }) => ({ id, v })) } }),
    ...(history.length === 0
      ? {}
      : { history: history.map((entry) => ({ ...entry, metadata: { ...entry.metadata } })) }),
  }
}

function told(key: string, value: string | undefined): JsonObject {
  return value === undefined ? {} : { [key]: value }
}

function artifactOf(artifact: NonNullable<ObjectStatus['artifact']>): JsonObject {
  const { revision, digest, sizeBytes, lastUpdateTime } = artifact
  return { revision, digest, size: sizeBytes, lastUpdateTime }
}
