import type { ObjectId } from '../fleet/object-id.ts'
import type { Operations } from '../reconcile/operations.ts'
import { ExitError } from './context.ts'
import type { ScopeFlags } from './flags.ts'
import { type KindWord, kindHelp, splitKind } from './kinds.ts'
import { requireCluster } from './require-cluster.ts'

/** An object and the word flux has for its kind. */
export type SelectedObject = { readonly id: ObjectId; readonly word: KindWord }

/** The one object that words such as `source git podinfo` name; it must exist, in exactly one cluster. */
export async function selectObject(
  operations: Operations,
  words: readonly string[],
  { namespace, cluster }: ScopeFlags,
): Promise<SelectedObject> {
  const split = splitKind(words)
  const name = split?.rest[0]
  if (split === undefined || name === undefined || split.rest.length > 1) {
    throw new ExitError(
      1,
      `'${words.join(' ')}' names no object; write a kind (${kindHelp}) and a name`,
    )
  }
  const { kind } = split.kind
  const scope = { kind, namespace, ...(cluster === undefined ? {} : { cluster }) }
  const found = (await operations.objects(scope)).filter((object) => object.name === name)
  const [only, ...others] = found
  if (only === undefined) {
    await requireCluster(operations, cluster)
    throw new ExitError(1, `${kind} object '${name}' not found in "${namespace}" namespace`)
  }
  if (others.length > 0) {
    const clusters = found.map((object) => object.cluster).join(', ')
    throw new ExitError(
      1,
      `${kind} '${name}' is in several clusters (${clusters}); name one with -c`,
    )
  }
  return { id: { cluster: only.cluster, kind, namespace, name }, word: split.kind }
}
