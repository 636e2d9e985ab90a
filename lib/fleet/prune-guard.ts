/**
 * What is not deleted unless it is allowed in so many words. `Empty`: all that is owned, because a build came out
 * empty; `Share`: more of the inventory than the Cluster lets go at once; the others: an object of this kind, with
 * which data or the objects in it would go too.
 */
export const pruneGuards = [
  'Empty',
  'Share',
  'Namespace',
  'CustomResourceDefinition',
  'PersistentVolume',
  'PersistentVolumeClaim',
] as const

export type PruneGuard = (typeof pruneGuards)[number]

/** On a Kustomization: the guards it lifts, `Namespace, Empty`. On an object in the cluster: `true`. */
export const allowPruneAnnotation = 'fleet.driftless.dev/allow-prune'

/** The guards that a text names; other words of it name none. */
export function guardsIn(text: string): readonly PruneGuard[] {
  const words = text.split(/[\s,]+/)
  return pruneGuards.filter((guard) => words.includes(guard))
}
