import { type FleetObject, isFluxObject } from '../fleet/fleet-object.ts'
import type { Dependency } from '../fleet/kustomization.ts'
import { formatId, type ObjectId } from '../fleet/object-id.ts'
import { bucketKey, repositoryKey } from '../fleet/repository.ts'
import { splitApiVersion } from '../manifest/object.ts'
import { keys } from './keys.ts'

/** Keys that lead to this object: from the repository or bucket it follows, the source it uses, the objects it needs. */
export function edgesOf(object: FleetObject): readonly string[] {
  const target = formatId(object.id)
  return startsOf(object).map((start) => `${start}${target}`)
}

function startsOf(object: FleetObject): readonly string[] {
  if (object.type === 'GitRepository') {
    const followed = repositoryKey(object.spec.url)
    return followed === undefined ? [] : [keys.followers(followed)]
  }
  if (object.type === 'Bucket') return [keys.followers(bucketKey(object.spec.bucketName))]
  if (object.type !== 'Kustomization') return []
  const { spec } = object
  return [
    keys.users(sourceIdOf(object.id, spec.sourceRef)),
    ...spec.dependsOn
      .filter(isInFleet)
      .map((dependency) => keys.dependents(dependencyId(object.id, dependency))),
  ]
}

export function sourceIdOf(
  kustomization: ObjectId,
  ref: { readonly kind: string; readonly name: string; readonly namespace?: string },
): ObjectId {
  const { cluster } = kustomization
  return {
    cluster,
    kind: ref.kind,
    namespace: ref.namespace ?? kustomization.namespace,
    name: ref.name,
  }
}

/** False for an object of the cluster, which only its API tells of. */
export function isInFleet({ apiVersion }: Dependency): boolean {
  return apiVersion === undefined || isFluxObject(splitApiVersion(apiVersion))
}

export function dependencyId(
  kustomization: ObjectId,
  dependency: { readonly name: string; readonly namespace?: string; readonly kind?: string },
): ObjectId {
  const namespace = dependency.namespace ?? kustomization.namespace
  const { kind = 'Kustomization', name } = dependency
  return { ...kustomization, kind, namespace, name }
}
