import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError, isUnreachable } from '../cluster/cluster-error.ts'
import type { Gvk } from '../cluster/discovery.ts'
import { type Inventory, inventoryOfRefs, parseEntry } from '../inventory/inventory.ts'
import { type KubeObject, type ObjectRef, refOf, splitApiVersion } from '../manifest/object.ts'
import { valueAt } from './json-path.ts'
import { isDefinition } from './stages.ts'

type Discovery = Pick<ClusterClient, 'resourceFor'>

/**
 * Objects without the namespace that a kind of the whole cluster cannot have: kustomize gives one to every custom
 * resource under `targetNamespace`, the API server takes it away, and the same object would go by two names.
 * A kind that nobody knows yet keeps what it has.
 */
export async function placeObjects(
  client: Discovery,
  objects: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  const isMisplaced = createScopes(client, definedScopes(objects))
  return Promise.all(
    objects.map(async (object) =>
      (await isMisplaced(refOf(object))) ? withoutNamespace(object) : object,
    ),
  )
}

/** The same for what is known by its id alone. */
export async function placeInventory(client: Discovery, inventory: Inventory): Promise<Inventory> {
  const isMisplaced = createScopes(client, new Map())
  const refs = inventory.flatMap((entry) => parseEntry(entry) ?? [])
  return inventoryOfRefs(
    await Promise.all(
      refs.map(async (ref) => ((await isMisplaced(ref)) ? { ...ref, namespace: '' } : ref)),
    ),
  )
}

/** True where a ref has a namespace, and its kind has none. Each kind is asked about once. */
function createScopes(client: Discovery, defined: ReadonlyMap<string, string>) {
  const answers = new Map<string, Promise<boolean>>()
  return async (ref: ObjectRef): Promise<boolean> => {
    if (ref.namespace === '') return false
    const scope = defined.get(keyOf(ref))
    if (scope !== undefined) return scope === 'Cluster'
    const key = `${ref.version} ${keyOf(ref)}`
    const answer = answers.get(key) ?? isOfCluster(client, ref)
    answers.set(key, answer)
    return answer
  }
}

/** What cannot be told is told by the apply itself, object by object. */
async function isOfCluster(client: Discovery, kind: Gvk): Promise<boolean> {
  try {
    return !(await client.resourceFor(kind)).isNamespaced
  } catch (thrown) {
    if (!(thrown instanceof ClusterError) || isUnreachable(thrown)) throw thrown
    return false
  }
}

/** Scopes of the kinds that the objects themselves define. */
function definedScopes(objects: readonly KubeObject[]): ReadonlyMap<string, string> {
  return new Map(
    objects
      .filter(({ apiVersion, kind }) =>
        isDefinition({ group: splitApiVersion(apiVersion).group, kind }),
      )
      .map((definition) => {
        const at = (...path: string[]) => String(valueAt(definition, ['spec', ...path]))
        return [keyOf({ group: at('group'), kind: at('names', 'kind') }), at('scope')]
      }),
  )
}

function keyOf({ group, kind }: Pick<Gvk, 'group' | 'kind'>): string {
  return `${group}/${kind}`
}

function withoutNamespace(object: KubeObject): KubeObject {
  const { namespace: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
