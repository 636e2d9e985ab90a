import { annotationsOf, type KubeObject, labelsOf } from '../manifest/object.ts'

const group = 'kustomize.toolkit.fluxcd.io'

/** Neither applied nor compared: asked for on the object in Git, or on the one in the cluster. */
export function isLeftAlone(desired: KubeObject, live: KubeObject | undefined): boolean {
  return [desired, live].some(
    (object) => hasSwitch(object, 'reconcile', 'disabled') || hasSwitch(object, 'ssa', 'Ignore'),
  )
}

export function isCreatedOnly(desired: KubeObject): boolean {
  return hasSwitch(desired, 'ssa', 'IfNotPresent')
}

/** Fields that others set stay theirs: nothing is taken over. */
export function isMerged(desired: KubeObject, live: KubeObject | undefined): boolean {
  return hasSwitch(desired, 'ssa', 'Merge') || hasSwitch(live, 'ssa', 'Merge')
}

/** Recreated where a field cannot be changed. */
export function isForcedObject(desired: KubeObject, live: KubeObject | undefined): boolean {
  return hasSwitch(desired, 'force', 'Enabled') || hasSwitch(live, 'force', 'Enabled')
}

/** Never deleted when it leaves Git. */
export function isKept(live: KubeObject): boolean {
  return (
    hasSwitch(live, 'prune', 'disabled') ||
    hasSwitch(live, 'reconcile', 'disabled') ||
    hasSwitch(live, 'ssa', 'Ignore')
  )
}

/**
 * Per-object switches, as a label or an annotation of Flux's group; values compare without regard to case.
 * Source: kustomize-controller, object-level settings; fluxcd/pkg/ssa/utils AnyInMetadata.
 */
function hasSwitch(object: KubeObject | undefined, key: string, value: string): boolean {
  if (object === undefined) return false
  const name = `${group}/${key}`
  return [labelsOf(object)[name], annotationsOf(object)[name]].some(
    (found) => found?.toLowerCase() === value.toLowerCase(),
  )
}
