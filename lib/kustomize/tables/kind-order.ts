/** Kinds that kustomize puts first, and last; all others come between. */
const firstKinds: readonly string[] = [
  'Namespace',
  'ResourceQuota',
  'StorageClass',
  'CustomResourceDefinition',
  'ServiceAccount',
  'PodSecurityPolicy',
  'Role',
  'ClusterRole',
  'RoleBinding',
  'ClusterRoleBinding',
  'ConfigMap',
  'Secret',
  'Endpoints',
  'Service',
  'LimitRange',
  'PriorityClass',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
]

const lastKinds: readonly string[] = [
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
]

export const kindRanks: ReadonlyMap<string, number> = ranksOf(firstKinds, lastKinds)

/** Below zero for what comes first, above for what comes last. */
export function ranksOf(
  first: readonly string[],
  last: readonly string[],
): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>()
  first.forEach((kind, index) => {
    ranks.set(kind, index - first.length)
  })
  last.forEach((kind, index) => {
    ranks.set(kind, index + 1)
  })
  return ranks
}
