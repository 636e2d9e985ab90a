import type { JsonObject, KubeObject } from '../../../manifest/object.ts'
import { at, isSame, objectAt, textIn } from '../json.ts'
import { type Cause, forbiddenValue, invalidValue } from '../status-error.ts'

/** What of an existing object must not change. */
export function validateChange(live: KubeObject, next: KubeObject): readonly Cause[] {
  return (changeRules.get(live.kind) ?? []).flatMap((rule) => rule(live, next))
}

const immutable = 'field is immutable'

type ChangeRule = (live: KubeObject, next: KubeObject) => readonly Cause[]

function fixed(path: string, why = immutable): ChangeRule {
  const steps = path.split('.')
  return (live, next) =>
    isSame(at(live, ...steps), at(next, ...steps))
      ? []
      : [invalidValue(path, at(next, ...steps) ?? null, why)]
}

function sealed(fields: readonly string[]): ChangeRule {
  return (live, next) => {
    if (live.immutable !== true) return []
    const why = 'field is immutable when `immutable` is set'
    return [...fields, 'immutable']
      .filter((field) => !isSame(at(live, field), at(next, field)))
      .map((field) => forbiddenValue(field, why))
  }
}

const statefulMutable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]

function fixedStatefulSet(live: KubeObject, next: KubeObject): readonly Cause[] {
  const rest = (object: KubeObject): JsonObject =>
    Object.fromEntries(
      Object.entries(objectAt(object, 'spec')).filter(([key]) => !statefulMutable.includes(key)),
    )
  if (isSame(rest(live), rest(next))) return []
  const names = statefulMutable.map((name) => `'${name}'`)
  const told = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
  return [
    forbiddenValue(
      'spec',
      `updates to statefulset spec for fields other than ${told} are forbidden`,
    ),
  ]
}

function fixedAddress(live: KubeObject, next: KubeObject): readonly Cause[] {
  const before = textIn(live, 'spec', 'clusterIP')
  const after = textIn(next, 'spec', 'clusterIP')
  const isFree = before === '' || textIn(next, 'spec', 'type') === 'ExternalName'
  return isFree || before === after
    ? []
    : [invalidValue('spec.clusterIPs[0]', [after], 'may not change once set')]
}

function fixedClaim(live: KubeObject, next: KubeObject): readonly Cause[] {
  const rest = (object: KubeObject): JsonObject =>
    Object.fromEntries(
      Object.entries(objectAt(object, 'spec')).filter(
        ([key]) => !['resources', 'volumeAttributesClassName', 'volumeName'].includes(key),
      ),
    )
  const why =
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
  return isSame(rest(live), rest(next)) ? [] : [forbiddenValue('spec', why)]
}

/** Told with the names that the server's own type has. */
const binding: readonly ChangeRule[] = [
  (live, next) => {
    if (isSame(live.roleRef, next.roleRef)) return []
    const [APIGroup, Kind, Name] = ['apiGroup', 'kind', 'name'].map((key) =>
      textIn(next, 'roleRef', key),
    )
    const told = { APIGroup: APIGroup ?? '', Kind: Kind ?? '', Name: Name ?? '' }
    return [invalidValue('roleRef', told, 'cannot change roleRef')]
  },
]
const changeRules: ReadonlyMap<string, readonly ChangeRule[]> = new Map<
  string,
  readonly ChangeRule[]
>([
  ['ClusterRoleBinding', binding],
  ['ConfigMap', [sealed(['data', 'binaryData'])]],
  [
    'CustomResourceDefinition',
    [fixed('spec.group'), fixed('spec.scope'), fixed('spec.names.plural')],
  ],
  ['DaemonSet', [fixed('spec.selector')]],
  ['Deployment', [fixed('spec.selector')]],
  ['IngressClass', [fixed('spec.controller')]],
  ['Job', [fixed('spec.selector'), fixed('spec.template'), fixed('spec.completionMode')]],
  ['PersistentVolumeClaim', [fixedClaim]],
  ['PriorityClass', [fixed('value', 'may not be changed in an update.')]],
  ['ReplicaSet', [fixed('spec.selector')]],
  ['RoleBinding', binding],
  ['Secret', [fixed('type'), sealed(['data'])]],
  ['Service', [fixedAddress]],
  ['StatefulSet', [fixedStatefulSet]],
  ['StorageClass', [fixed('provisioner'), fixed('parameters'), fixed('reclaimPolicy')]],
])
