import { type KubeObject, type ObjectRef, splitApiVersion } from '../manifest/object.ts'

/**
 * Objects are applied stage by stage; the first two are waited for, because what follows needs them.
 * Source: fluxcd/pkg/ssa ApplyAllStaged.
 */
const stages = ['definitions', 'classes', 'custom', 'rest'] as const

export type Stage = (typeof stages)[number]

export type StagedObjects = { readonly stage: Stage; readonly objects: readonly KubeObject[] }

/** The stages that have objects, each in apply order. `customKinds` are `group/Kind`, `Kind` for the core group. */
export function stageObjects(
  objects: readonly KubeObject[],
  customKinds: readonly string[] = [],
): readonly StagedObjects[] {
  const byStage = Map.groupBy(objects, (object) => stageOf(object, customKinds))
  return stages.flatMap((stage) => {
    const members = byStage.get(stage)
    return members === undefined ? [] : [{ stage, objects: inApplyOrder(members) }]
  })
}

export function isAwaited(stage: Stage): boolean {
  return stage === 'definitions' || stage === 'classes'
}

export function isDefinition(ref: Pick<ObjectRef, 'group' | 'kind'>): boolean {
  return ref.group === 'apiextensions.k8s.io' && ref.kind === 'CustomResourceDefinition'
}

/** Objects as they are applied: by kind as listed here, then by group, kind, namespace and name. */
export function inApplyOrder(objects: readonly KubeObject[]): readonly KubeObject[] {
  return objects
    .map((object) => ({ object, ref: orderKey(object) }))
    .sort((a, b) => compareRefs(a.ref, b.ref))
    .map(({ object }) => object)
}

/** Refs as they are deleted: the reverse of how they are applied. */
export function inDeleteOrder(refs: readonly ObjectRef[]): readonly ObjectRef[] {
  return refs.toSorted((a, b) => compareRefs(b, a))
}

/** Neighbours of one rank, in the order given: they may be written at the same time, their ranks may not. */
export function groupByRank<T>(items: readonly T[], kindOf: (item: T) => string): readonly T[][] {
  const groups: T[][] = []
  let lastRank: number | undefined
  for (const item of items) {
    const rank = rankOf(kindOf(item))
    if (rank === lastRank) groups.at(-1)?.push(item)
    else groups.push([item])
    lastRank = rank
  }
  return groups
}

const firstKinds = [
  'CustomResourceDefinition',
  'Namespace',
  'ClusterRole',
  'ClusterClass',
  'RuntimeClass',
  'PriorityClass',
  'StorageClass',
  'VolumeSnapshotClass',
  'IngressClass',
  'GatewayClass',
  'ClusterRoleBinding',
  'ResourceQuota',
  'ServiceAccount',
  'Role',
  'RoleBinding',
  'ConfigMap',
  'Secret',
  'Service',
  'LimitRange',
  'Deployment',
  'StatefulSet',
  'CronJob',
  'PodDisruptionBudget',
]

const lastKinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration']

/** Listed kinds come before all others, or after them. Source: fluxcd/pkg/ssa ReconcileOrder. */
const ranks: ReadonlyMap<string, number> = new Map([
  ...firstKinds.map((kind, index) => [kind, index - firstKinds.length] as const),
  ...lastKinds.map((kind, index) => [kind, index + 1] as const),
])

function rankOf(kind: string): number {
  return ranks.get(kind) ?? 0
}

type OrderKey = Pick<ObjectRef, 'group' | 'kind' | 'namespace' | 'name'>

function orderKey(object: KubeObject): OrderKey {
  const { namespace } = object.metadata
  return {
    group: splitApiVersion(object.apiVersion).group,
    kind: object.kind,
    namespace: typeof namespace === 'string' ? namespace : '',
    name: object.metadata.name,
  }
}

function compareRefs(a: OrderKey, b: OrderKey): number {
  return (
    rankOf(a.kind) - rankOf(b.kind) ||
    compareText(a.group, b.group) ||
    compareText(a.kind, b.kind) ||
    compareText(a.namespace, b.namespace) ||
    compareText(a.name, b.name)
  )
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function stageOf(object: KubeObject, customKinds: readonly string[]): Stage {
  const { group } = splitApiVersion(object.apiVersion)
  const { kind } = object
  if (isDefinition({ group, kind }) || isClusterWide(group, kind)) return 'definitions'
  if (kind.endsWith('Class')) return 'classes'
  const name = group === '' ? kind : `${group}/${kind}`
  return customKinds.includes(name) ? 'custom' : 'rest'
}

function isClusterWide(group: string, kind: string): boolean {
  return (
    (group === '' && kind === 'Namespace') ||
    (group === 'rbac.authorization.k8s.io' && kind === 'ClusterRole')
  )
}
