import {
  allowPruneAnnotation,
  guardsIn,
  type PruneGuard,
  pruneGuards,
} from '../fleet/prune-guard.ts'
import {
  annotationsOf,
  formatRef,
  type KubeObject,
  type ObjectRef,
  textAt,
} from '../manifest/object.ts'
import type { Owner } from './owner-labels.ts'

const guardedKinds: ReadonlyMap<string, PruneGuard> = new Map([
  ['/Namespace', 'Namespace'],
  ['apiextensions.k8s.io/CustomResourceDefinition', 'CustomResourceDefinition'],
  ['/PersistentVolume', 'PersistentVolume'],
  ['/PersistentVolumeClaim', 'PersistentVolumeClaim'],
])

/** The guard an object stands under by its kind. */
export function guardOf({
  group,
  kind,
}: Pick<ObjectRef, 'group' | 'kind'>): PruneGuard | undefined {
  return guardedKinds.get(`${group}/${kind}`)
}

const systemNamespaces: ReadonlySet<string> = new Set([
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
])

/** Namespaces of Kubernetes itself, which nobody's Git creates: they never go, whatever is allowed. */
export function isSystemNamespace({ group, kind, name }: ObjectRef): boolean {
  return group === '' && kind === 'Namespace' && systemNamespaces.has(name)
}

/** The guards that an object of the fleet lifts by its annotation. */
export function liftedBy(object: KubeObject): readonly PruneGuard[] {
  return guardsIn(textAt(annotationsOf(object), allowPruneAnnotation))
}

/** True where the object in the cluster says itself that it may go. */
export function mayGo(live: KubeObject): boolean {
  return textAt(annotationsOf(live), allowPruneAnnotation).toLowerCase() === 'true'
}

/** What would have gone, and how to let it go or keep it. */
export function refusalOf(refused: readonly ObjectRef[], owner: Owner): string {
  const guards = pruneGuards.filter((guard) => refused.some((ref) => guardOf(ref) === guard))
  return `prune refused: ${listOf(refused)} would be deleted with all that belongs to ${refused.length === 1 ? 'it' : 'them'}; to let go, ${howToAllow(guards, owner)}, or ${allowPruneAnnotation}: true on the object in the cluster; to keep it, put kustomize.toolkit.fluxcd.io/prune: disabled there`
}

export function howToAllow(guards: readonly PruneGuard[], owner: Owner): string {
  const place = `Kustomization/${owner.namespace}/${owner.name}`
  return `set the annotation ${allowPruneAnnotation}: ${guards.join(', ')} on ${place}`
}

const maxListed = 10

/** The first of them by name, and how many more. */
export function listOf(refs: readonly ObjectRef[]): string {
  const shown = refs.slice(0, maxListed).map(formatRef).join(', ')
  return refs.length > maxListed ? `${shown} and ${refs.length - maxListed} more` : shown
}
