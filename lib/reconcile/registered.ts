import { isJsonObject, isKubeObject, type KubeObject } from '../manifest/object.ts'

/** A Flux object as the fleet holds it. */
export type Registered = {
  readonly version: 1
  readonly object: KubeObject
  /** 1 at first; one more with each change of the spec. */
  readonly generation: number
  readonly uid: string
  /** RFC 3339. */
  readonly createdAt: string
  readonly origin: Origin
  /** Set when the object left: what it owned is taken down, then the record goes. */
  readonly deletionRequestedAt?: string
}

/** Who declared it: the fleet's files, a Cluster's `sync`, or the build of a Kustomization (its id as text). */
export type Origin =
  | { readonly type: 'fleet' }
  | { readonly type: 'sync' }
  | { readonly type: 'build'; readonly parent: string }

/** Narrows a stored record; undefined where it is none of ours. */
export function parseRegistered(value: unknown): Registered | undefined {
  return isRegistered(value) ? value : undefined
}

function isRegistered(value: unknown): value is Registered {
  return (
    isJsonObject(value) &&
    value.version === 1 &&
    isKubeObject(value.object) &&
    typeof value.generation === 'number' &&
    typeof value.uid === 'string' &&
    isJsonObject(value.origin)
  )
}

export function isSameOrigin(a: Origin, b: Origin): boolean {
  const parentOf = (origin: Origin) => (origin.type === 'build' ? origin.parent : '')
  return a.type === b.type && parentOf(a) === parentOf(b)
}
