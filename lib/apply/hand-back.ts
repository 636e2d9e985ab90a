import type { ClusterClient } from '../cluster/client.ts'
import { isConflict, isNotFound } from '../cluster/cluster-error.ts'
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  type ObjectRef,
  textAt,
} from '../manifest/object.ts'
import { concurrently } from './concurrently.ts'
import { isOwnedBy, type Owner } from './owner-labels.ts'
import { mergeFields } from './take-over.ts'

/** Flux's field manager. */
const heir = 'kustomize-controller'
const maxAttempts = 10

/**
 * Makes the fields that we own Flux's, of each object that is still the owner's: what leaves Git later then leaves the
 * cluster too. Nothing else of an object changes, so that nothing is rolled out. Throws ClusterError.
 */
export async function handBackFields(
  client: ClusterClient,
  refs: readonly ObjectRef[],
  owner: Owner,
): Promise<void> {
  await concurrently(refs, client.concurrency, (ref) => handBack(client, ref, owner))
}

async function handBack(client: ClusterClient, ref: ObjectRef, owner: Owner): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const live = await client.find(ref)
    const patch =
      live === undefined || !isOwnedBy(live, owner)
        ? undefined
        : handBackPatch(live, client.fieldManager)
    if (patch === undefined) return
    try {
      await client.patch(ref, patch, { type: 'json' })
      return
    } catch (thrown) {
      if (isNotFound(thrown)) return
      if (!isConflict(thrown) || attempt === maxAttempts) throw thrown
    }
  }
}

/** The JSON patch that puts Flux in our place among the appliers; undefined where we are none. Holds for this version only. */
function handBackPatch(live: KubeObject, fieldManager: string): readonly JsonObject[] | undefined {
  const { managedFields, resourceVersion } = live.metadata
  if (!Array.isArray(managedFields)) return undefined
  const entries = managedFields.filter(isJsonObject)
  const applied = (manager: string) => (entry: JsonObject) =>
    textAt(entry, 'manager') === manager &&
    textAt(entry, 'operation') === 'Apply' &&
    textAt(entry, 'subresource') === ''
  const own = entries.find(applied(fieldManager))
  if (own === undefined) return undefined
  const theirs = entries.find(applied(heir))
  const fieldsV1: Json =
    theirs === undefined ? (own.fieldsV1 ?? {}) : mergeFields(own.fieldsV1 ?? {}, theirs.fieldsV1)
  const merged = { ...own, manager: heir, fieldsV1 }
  const kept = entries.filter((entry) => entry !== own && entry !== theirs)
  return [
    { op: 'replace', path: '/metadata/managedFields', value: [...kept, merged] },
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion ?? '' },
  ]
}
