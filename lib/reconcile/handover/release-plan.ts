import { ownerLabels } from '../../apply/owner-labels.ts'
import { clusterAnnotation } from '../../fleet/load.ts'
import { parseId } from '../../fleet/object-id.ts'
import { mask } from '../../log/redact.ts'
import {
  annotationsOf,
  isJsonObject,
  type JsonObject,
  type KubeObject,
  labelsOf,
} from '../../manifest/object.ts'
import { handOverAnnotation } from '../inherit-inventory.ts'
import type { ObjectDetail } from '../operations.ts'
import { isSuspended, nameOf } from './flux-objects.ts'

export type ReleaseInput = {
  readonly cluster: string
  /** What Driftless has of this cluster. */
  readonly registered: readonly ObjectDetail[]
  /** What the fleet itself says of it, its `sync` included, as it was written. */
  readonly declared: readonly KubeObject[]
  /** Objects of Flux's groups in the cluster. */
  readonly found: readonly KubeObject[]
  /** Kinds of Flux's that the cluster knows. */
  readonly served: ReadonlySet<string>
}

export type Returned = {
  /** As it is to stand in the cluster, without `spec.suspend`. */
  readonly object: KubeObject
  /** Suspended by the user here, and so by Flux. */
  readonly isHeld: boolean
}

/** What a hand-over back to Flux would do, decided before anything is written. */
export type ReleasePlan = {
  readonly cluster: string
  readonly kustomizations: readonly Returned[]
  readonly others: readonly Returned[]
  /** What Flux brings itself, from what it builds. */
  readonly built: readonly string[]
  readonly faults: readonly string[]
}

/** Sorts what Driftless has of a cluster by how Flux gets it. Pure. */
export function planRelease(input: ReleaseInput): ReleasePlan {
  const written = new Map(input.declared.map((object) => [nameOf(object), object]))
  const present = new Map(input.found.map((object) => [nameOf(object), object]))
  const details = input.registered.filter(
    (detail) => kinds.has(detail.kind) && !isWithFlux(detail, present),
  )
  const returned = details.map((detail) => {
    const object = objectOf(detail, written)
    return { object, isHeld: detail.isSuspended, isSecret: hidesSecret(object) }
  })
  const clear = returned.filter(({ isSecret }) => !isSecret)
  const isKustomization = ({ object }: Returned) => object.kind === 'Kustomization'
  return {
    cluster: input.cluster,
    kustomizations: clear.filter(isKustomization),
    others: clear.filter((each) => !isKustomization(each)),
    built: returned.filter(({ isSecret }) => isSecret).map(({ object }) => nameOf(object)),
    faults: [
      ...details.flatMap((detail) => faultOf(detail, present)),
      ...unknownKinds(details, input.served),
    ],
  }
}

const kinds: ReadonlySet<string> = new Set([
  ...['GitRepository', 'Bucket', 'Kustomization', 'Provider', 'Alert', 'Receiver'],
])

/** Given back already: Flux works on it, and we own nothing of it. */
function isWithFlux(
  { kind, namespace, name, status, isSuspended: isHeld }: ObjectDetail,
  present: ReadonlyMap<string, KubeObject>,
): boolean {
  const live = present.get(`${kind}/${namespace}/${name}`)
  if (live === undefined || annotationsOf(live)[handOverAnnotation] !== undefined) return false
  const isOurs = kind === 'Kustomization' ? status.inventory !== undefined : !isHeld
  return !isOurs && !isSuspended(live)
}

/** Two reconcilers must never fight: one that Flux works on already cannot be given to it. */
function faultOf(
  { kind, namespace, name }: ObjectDetail,
  present: ReadonlyMap<string, KubeObject>,
): readonly string[] {
  const subject = `${kind}/${namespace}/${name}`
  const live = present.get(subject)
  if (kind !== 'Kustomization' || live === undefined || isSuspended(live)) return []
  if (annotationsOf(live)[handOverAnnotation] !== undefined) return []
  return [
    `${subject}: Flux reconciles it already, and so does Driftless; suspend it in the cluster`,
  ]
}

function unknownKinds(
  details: readonly ObjectDetail[],
  served: ReadonlySet<string>,
): readonly string[] {
  const unknown = new Set(details.map(({ kind }) => kind).filter((kind) => !served.has(kind)))
  return [...unknown].map(
    (kind) => `the cluster does not know Flux's ${kind}; install Flux first: flux install`,
  )
}

/** As the fleet wrote it; else as it was built, with the labels by which its parent will know it. */
function objectOf(detail: ObjectDetail, written: ReadonlyMap<string, KubeObject>): KubeObject {
  const { apiVersion, kind, metadata, spec, declaredBy } = detail
  const own = written.get(`${kind}/${detail.namespace}/${detail.name}`)
  const source = own ?? {
    apiVersion,
    kind,
    metadata: { ...metadata, name: detail.name, namespace: detail.namespace },
    spec,
  }
  const parent = parseId(declaredBy)
  const labels = { ...labelsOf(source), ...(parent === undefined ? {} : ownerLabels(parent)) }
  const annotations = Object.fromEntries(
    Object.entries(annotationsOf(source)).filter(([key]) => key !== clusterAnnotation),
  )
  return {
    apiVersion: source.apiVersion,
    kind,
    metadata: {
      name: detail.name,
      namespace: detail.namespace,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
    spec: withoutSuspend(isJsonObject(source.spec) ? source.spec : {}),
  }
}

function withoutSuspend({ suspend: _, ...spec }: JsonObject): JsonObject {
  return spec
}

/** The API shows no addresses that are secrets, and a mask must never be written to a cluster. */
function hidesSecret({ spec }: KubeObject): boolean {
  return JSON.stringify(spec ?? {}).includes(mask)
}
