import { isCreatedOnly, isLeftAlone } from '../../apply/switches.ts'
import { isFluxObject } from '../../fleet/fleet-object.ts'
import { parseEntry } from '../../inventory/inventory.ts'
import { isJsonObject, type KubeObject, type ObjectRef } from '../../manifest/object.ts'
import { fluxInventory } from '../inherit-inventory.ts'
import { type HandOver, unfinished } from './steps.ts'

const maxLooks = 50

/**
 * Throws where Driftless has reconciled, but nothing of it is to be seen here: then the connection of this command
 * leads to another cluster than that of Driftless, and what Flux has here must stay.
 */
export async function requireSameCluster(
  { client, cluster }: HandOver,
  kustomizations: readonly KubeObject[],
): Promise<void> {
  const owned = kustomizations.filter(isAtHome).flatMap(ownedBy).slice(0, maxLooks)
  let seen = 0
  for (const ref of owned) {
    const live = await client.find(ref)
    if (live === undefined || isLeftAlone(live, live) || isCreatedOnly(live)) continue
    if (isApplied(live, client.fieldManager)) return
    seen += 1
  }
  if (seen === 0) return
  throw unfinished(
    `Driftless says that it has reconciled cluster ${cluster}, but none of ${seen} objects here is its own; does this command reach the same cluster?`,
  )
}

/** What is applied to another cluster is not to be seen here. */
function isAtHome({ spec }: KubeObject): boolean {
  return isJsonObject(spec) && spec.kubeConfig === undefined
}

function ownedBy(object: KubeObject): readonly ObjectRef[] {
  return fluxInventory(object)
    .flatMap((entry) => parseEntry(entry) ?? [])
    .filter((ref) => !isFluxObject(ref))
}

function isApplied({ metadata }: KubeObject, fieldManager: string): boolean {
  const { managedFields } = metadata
  if (!Array.isArray(managedFields)) return false
  return managedFields.some((entry) => isJsonObject(entry) && entry.manager === fieldManager)
}
