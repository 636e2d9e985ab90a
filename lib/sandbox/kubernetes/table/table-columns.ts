import { isJsonObject, type Json, type KubeObject } from '../../../manifest/object.ts'
import { at, listAt, numberIn, objectAt, textIn } from '../json.ts'

export type Column = {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly priority: number
  readonly cell: (object: KubeObject, now: Date) => Json
}

export function column(name: string, cell: Column['cell'], more: Partial<Column> = {}): Column {
  return { name, type: 'string', format: '', priority: 0, cell, ...more }
}

export const nameColumn: Column = column('Name', (object) => object.metadata.name, {
  format: 'name',
})
export const age: Column = column('Age', (object, now) =>
  formatAge(textIn(object, 'metadata', 'creationTimestamp'), now),
)

const count =
  (...path: readonly string[]): Column['cell'] =>
  (object) =>
    numberIn(object, ...path) ?? 0
const text =
  (...path: readonly string[]): Column['cell'] =>
  (object) =>
    textIn(object, ...path) || '<none>'
const size =
  (...path: readonly string[]): Column['cell'] =>
  (object) =>
    Object.keys(objectAt(object, ...path)).length + listAt(object, ...path).length
const integer = { type: 'integer' }

const ready = (counter: string): Column =>
  column('Ready', (object) => {
    const wanted = numberIn(object, 'spec', 'replicas') ?? 1
    return `${numberIn(object, 'status', counter) ?? 0}/${wanted}`
  })

const replicaCounts: readonly Column[] = [
  column('Desired', count('spec', 'replicas'), integer),
  column('Current', count('status', 'replicas'), integer),
  column('Ready', count('status', 'readyReplicas'), integer),
]

/** Between name and age; a kind that is not here has those two alone. */
export const builtinColumns: ReadonlyMap<string, readonly Column[]> = new Map<
  string,
  readonly Column[]
>([
  ['ConfigMap', [column('Data', size('data'), { type: 'string' })]],
  [
    'CronJob',
    [
      column('Schedule', text('spec', 'schedule')),
      column('Suspend', (o) => String(at(o, 'spec', 'suspend') === true)),
    ],
  ],
  [
    'CustomResourceDefinition',
    [column('Created At', (o) => textIn(o, 'metadata', 'creationTimestamp'), { type: 'date' })],
  ],
  [
    'DaemonSet',
    [
      column('Desired', count('status', 'desiredNumberScheduled'), integer),
      column('Current', count('status', 'currentNumberScheduled'), integer),
      column('Ready', count('status', 'numberReady'), integer),
      column('Up-to-date', count('status', 'updatedNumberScheduled'), integer),
      column('Available', count('status', 'numberAvailable'), integer),
    ],
  ],
  [
    'Deployment',
    [
      ready('readyReplicas'),
      column('Up-to-date', count('status', 'updatedReplicas'), integer),
      column('Available', count('status', 'availableReplicas'), integer),
    ],
  ],
  [
    'HorizontalPodAutoscaler',
    [
      column(
        'Reference',
        (o) =>
          `${textIn(o, 'spec', 'scaleTargetRef', 'kind')}/${textIn(o, 'spec', 'scaleTargetRef', 'name')}`,
      ),
      column('MinPods', count('spec', 'minReplicas'), integer),
      column('MaxPods', count('spec', 'maxReplicas'), integer),
      column('Replicas', count('status', 'currentReplicas'), integer),
    ],
  ],
  [
    'Ingress',
    [
      column('Class', text('spec', 'ingressClassName')),
      column(
        'Hosts',
        (o) =>
          listAt(o, 'spec', 'rules')
            .map((rule) => textIn(rule, 'host') || '*')
            .join(',') || '*',
      ),
      column('Address', () => ''),
      column('Ports', (o) => (listAt(o, 'spec', 'tls').length > 0 ? '80, 443' : '80')),
    ],
  ],
  [
    'Job',
    [
      column('Status', (o) => jobStatus(o)),
      column(
        'Completions',
        (o) =>
          `${numberIn(o, 'status', 'succeeded') ?? 0}/${numberIn(o, 'spec', 'completions') ?? 1}`,
      ),
    ],
  ],
  ['Namespace', [column('Status', text('status', 'phase'))]],
  [
    'PersistentVolumeClaim',
    [
      column('Status', text('status', 'phase')),
      column('Volume', (o) => textIn(o, 'spec', 'volumeName')),
      column('Capacity', (o) => textIn(o, 'status', 'capacity', 'storage')),
    ],
  ],
  [
    'Pod',
    [
      column('Ready', (o) => {
        const statuses = listAt(o, 'status', 'containerStatuses')
        const up = statuses.filter((status) => at(status, 'ready') === true).length
        return `${up}/${listAt(o, 'spec', 'containers').length}`
      }),
      column('Status', text('status', 'phase')),
      column('Restarts', () => '0'),
    ],
  ],
  ['ReplicaSet', replicaCounts],
  ['ReplicationController', replicaCounts],
  ['RoleBinding', [column('Role', roleOf)]],
  ['ClusterRoleBinding', [column('Role', roleOf)]],
  ['Secret', [column('Type', text('type')), column('Data', size('data'), integer)]],
  [
    'Service',
    [
      column('Type', text('spec', 'type')),
      column('Cluster-IP', text('spec', 'clusterIP')),
      column('External-IP', text('spec', 'externalName')),
      column('Port(s)', (o) => listAt(o, 'spec', 'ports').map(formatPort).join(',') || '<none>'),
    ],
  ],
  ['ServiceAccount', [column('Secrets', size('secrets'), { type: 'string' })]],
  ['StatefulSet', [ready('readyReplicas')]],
  [
    'StorageClass',
    [column('Provisioner', text('provisioner')), column('ReclaimPolicy', text('reclaimPolicy'))],
  ],
])

function roleOf(object: KubeObject): string {
  return `${textIn(object, 'roleRef', 'kind')}/${textIn(object, 'roleRef', 'name')}`
}

function formatPort(port: Json): string {
  const node = numberIn(port, 'nodePort')
  const number = numberIn(port, 'port') ?? 0
  return `${number}${node === undefined ? '' : `:${node}`}/${textIn(port, 'protocol')}`
}

function jobStatus(object: KubeObject): string {
  const held = listAt(object, 'status', 'conditions')
    .filter(isJsonObject)
    .find((condition) => condition.status === 'True' && condition.type !== 'SuccessCriteriaMet')
  return textIn(held, 'type') || 'Running'
}

/** Age as kubectl writes it: `45s`, `5m3s`, `3h`, `2d4h`, `5y`. */
export function formatAge(timestamp: string, now: Date): string {
  const started = Date.parse(timestamp)
  if (Number.isNaN(started)) return '<unknown>'
  const seconds = Math.max(0, Math.floor((now.getTime() - started) / 1000))
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return joined(minutes, 'm', seconds % 60, 's')
  if (hours < 3) return `${minutes}m`
  if (hours < 8) return joined(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  if (days < 8) return joined(days, 'd', hours % 24, 'h')
  return days < 365 * 2 ? `${days}d` : joined(Math.floor(days / 365), 'y', days % 365, 'd')
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit}${small}${smallUnit}`
}
