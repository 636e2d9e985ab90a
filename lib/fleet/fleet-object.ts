import {
  annotationsOf,
  apiVersionOf,
  isJsonObject,
  type KubeObject,
  type ObjectRef,
  refOf,
  splitApiVersion,
} from '../manifest/object.ts'
import { type BucketSpec, readBucket } from './bucket.ts'
import { createFields, type FieldFault, type Fields } from './fields.ts'
import { type GitRepositorySpec, readGitRepository } from './git-repository.ts'
import { type KustomizationSpec, readKustomization } from './kustomization.ts'
import {
  type AlertSpec,
  type ProviderSpec,
  type ReceiverSpec,
  readAlert,
  readProvider,
  readReceiver,
} from './notification.ts'
import type { ObjectId } from './object-id.ts'

/** One Flux object of the fleet, read and checked. `faults` of severity error make it `Invalid`. */
export type FleetObject = {
  readonly id: ObjectId
  /** As it was written. */
  readonly object: KubeObject
  readonly faults: readonly FieldFault[]
} & TypedSpec

export type TypedSpec =
  | { readonly type: 'GitRepository'; readonly spec: GitRepositorySpec }
  | { readonly type: 'Bucket'; readonly spec: BucketSpec }
  | { readonly type: 'Kustomization'; readonly spec: KustomizationSpec }
  | { readonly type: 'Provider'; readonly spec: ProviderSpec }
  | { readonly type: 'Alert'; readonly spec: AlertSpec }
  | { readonly type: 'Receiver'; readonly spec: ReceiverSpec }
  /** A kind of Flux's that is not built yet: kept, and counted as stalled. */
  | { readonly type: 'NotSupportedYet' }
  | { readonly type: 'Invalid' }

const groups = {
  source: 'source.toolkit.fluxcd.io',
  kustomize: 'kustomize.toolkit.fluxcd.io',
  helm: 'helm.toolkit.fluxcd.io',
  notification: 'notification.toolkit.fluxcd.io',
  image: 'image.toolkit.fluxcd.io',
  extensions: 'source.extensions.fluxcd.io',
} as const

const fluxGroups: ReadonlySet<string> = new Set(Object.values(groups))

/** The group of each kind that is built; what stands here under another group is not Flux's. */
export const groupOfKind: Readonly<Record<string, string>> = {
  GitRepository: groups.source,
  Bucket: groups.source,
  Kustomization: groups.kustomize,
  Provider: groups.notification,
  Alert: groups.notification,
  Receiver: groups.notification,
}

const versionOfGroup: Readonly<Record<string, string>> = {
  [groups.source]: 'v1',
  [groups.kustomize]: 'v1',
  [groups.helm]: 'v2',
  [groups.image]: 'v1',
}

/** True for objects that are registered in the fleet instead of being sent to a cluster. */
export function isFluxObject(ref: Pick<ObjectRef, 'group'>): boolean {
  return fluxGroups.has(ref.group)
}

/** The apiVersion Flux serves a kind under, for refs that name only the kind. */
export function apiVersionOfKind(kind: string): string {
  const group = groupOfKind[kind] ?? groups.source
  const version = versionOfGroup[group] ?? (kind === 'Receiver' ? 'v1' : 'v1beta3')
  return apiVersionOf({ group, version })
}

/** Reads one object of Flux's groups. It never throws: what is wrong stands in `faults`. */
export function readFleetObject(object: KubeObject, cluster: string): FleetObject {
  const ref = refOf(object)
  const faults: FieldFault[] = []
  const id = { cluster, kind: ref.kind, namespace: ref.namespace, name: ref.name }
  checkNames(id, faults)
  const typed = readSpec(object, faults)
  const isFaulty = faults.some(({ severity }) => severity === 'error')
  return { id, object, faults, ...(isFaulty ? { type: 'Invalid' as const } : typed) }
}

function readSpec(object: KubeObject, faults: FieldFault[]): TypedSpec {
  const { group } = splitApiVersion(object.apiVersion)
  if (groupOfKind[object.kind] !== group) return { type: 'NotSupportedYet' }
  if (!isJsonObject(object.spec)) {
    faults.push({ severity: 'error', field: 'spec', message: 'is missing', remedy: 'add it' })
  }
  const fields = createFields(object.spec, 'spec', faults)
  const typed =
    object.kind === 'Kustomization'
      ? ({ type: object.kind, spec: readKustomization(fields, isCareful(object, faults)) } as const)
      : readKind(object.kind, fields)
  fields.finish()
  return typed
}

/** How the variables of `postBuild` are put in; an annotation, so that the object stays valid for Flux. */
const substituteAnnotation = 'fleet.driftless.dev/substitute'

function isCareful(object: KubeObject, faults: FieldFault[]): boolean {
  const given = annotationsOf(object)[substituteAnnotation]
  if (given === undefined || given === 'careful' || given === 'flux') return given === 'careful'
  faults.push({
    severity: 'error',
    field: `metadata.annotations["${substituteAnnotation}"]`,
    message: `'${given.slice(0, 80)}' is unknown`,
    remedy: 'write careful or flux',
  })
  return false
}

function readKind(kind: string, fields: Fields): TypedSpec {
  switch (kind) {
    case 'GitRepository':
      return { type: kind, spec: readGitRepository(fields) }
    case 'Bucket':
      return { type: kind, spec: readBucket(fields) }
    case 'Provider':
      return { type: kind, spec: readProvider(fields) }
    case 'Alert':
      return { type: kind, spec: readAlert(fields) }
    case 'Receiver':
      return { type: kind, spec: readReceiver(fields) }
    default:
      return { type: 'NotSupportedYet' }
  }
}

const namePattern = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/

function checkNames(id: ObjectId, faults: FieldFault[]): void {
  const remedy = 'use lower case letters, digits, - and .'
  for (const key of ['name', 'namespace'] as const) {
    if (namePattern.test(id[key])) continue
    const message = id[key] === '' ? 'is missing' : `'${id[key].slice(0, 80)}' is no valid name`
    faults.push({ severity: 'error', field: `metadata.${key}`, message, remedy })
  }
}
