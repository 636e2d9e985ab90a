import { isJsonObject, type JsonObject, type KubeObject } from '../../../manifest/object.ts'
import { at, listAt, objectAt, textIn, withValue } from '../json.ts'
import { type Filler, fill, fillEach, fillTemplate } from './fill.ts'
import {
  fillClaim,
  fillCronJob,
  fillDaemonSet,
  fillDeployment,
  fillJob,
  fillPod,
  fillReplicas,
  fillStatefulSet,
} from './workload-defaults.ts'

/** Fills in what the API server fills in for a built-in kind; what is there stays as it is. */
export function withDefaults(object: KubeObject): KubeObject {
  const fill = fillers.get(object.kind)
  if (fill === undefined) return object
  const { apiVersion, kind, metadata } = object
  return { metadata, ...fill(object), apiVersion, kind }
}

function fillService(object: JsonObject): JsonObject {
  const type = textIn(object, 'spec', 'type') || 'ClusterIP'
  const isExternal = type === 'ExternalName'
  const filled = fill(object, ['spec'], {
    type,
    sessionAffinity: 'None',
    ...(isExternal ? {} : { internalTrafficPolicy: 'Cluster' }),
    ...(isReachedFromOutside(object, type) ? { externalTrafficPolicy: 'Cluster' } : {}),
    ...(textIn(object, 'spec', 'sessionAffinity') === 'ClientIP'
      ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }
      : {}),
    ...(type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: true } : {}),
  })
  const affine =
    textIn(filled, 'spec', 'sessionAffinity') === 'None'
      ? withValue(filled, ['spec', 'sessionAffinityConfig'], undefined)
      : filled
  return fillEach(affine, ['spec', 'ports'], (port) => ({
    protocol: 'TCP',
    ...(at(port, 'targetPort') === undefined ? { targetPort: port.port ?? 0 } : {}),
    ...port,
  }))
}

function isReachedFromOutside(service: JsonObject, type: string): boolean {
  const hasAddresses = listAt(service, 'spec', 'externalIPs').length > 0
  return type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && hasAddresses)
}

function fillAutoscaler(object: JsonObject): JsonObject {
  const metrics = [
    {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
    },
  ]
  return fill(object, ['spec'], {
    minReplicas: 1,
    ...(object.apiVersion === 'autoscaling/v2' ? { metrics } : {}),
  })
}

function fillNetworkPolicy(object: JsonObject): JsonObject {
  const hasEgress = listAt(object, 'spec', 'egress').length > 0
  const filled = fill(object, ['spec'], {
    policyTypes: hasEgress ? ['Ingress', 'Egress'] : ['Ingress'],
  })
  const withPorts = (rule: JsonObject): JsonObject =>
    fillEach(rule, ['ports'], (port) => ({ protocol: 'TCP', ...port }))
  return fillEach(fillEach(filled, ['spec', 'ingress'], withPorts), ['spec', 'egress'], withPorts)
}

function fillBinding(object: JsonObject): JsonObject {
  const group = 'rbac.authorization.k8s.io'
  const filled = fill(object, ['roleRef'], { apiGroup: group })
  return fillEach(filled, ['subjects'], (subject) =>
    subject.kind === 'ServiceAccount' ? subject : { apiGroup: group, ...subject },
  )
}

function fillDefinition(object: JsonObject): JsonObject {
  const kind = textIn(object, 'spec', 'names', 'kind')
  const names = fill(object, ['spec', 'names'], {
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
  })
  return fill(names, ['spec'], { conversion: { strategy: 'None' } })
}

function fillWebhooks(object: JsonObject): JsonObject {
  return fillEach(object, ['webhooks'], (hook) => {
    const filled = {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      timeoutSeconds: 10,
      namespaceSelector: {},
      objectSelector: {},
      ...(object.kind === 'MutatingWebhookConfiguration' ? { reinvocationPolicy: 'Never' } : {}),
      ...hook,
    }
    const scoped = fillEach(filled, ['rules'], (rule) => ({ scope: '*', ...rule }))
    return at(scoped, 'clientConfig', 'service') === undefined
      ? scoped
      : fill(scoped, ['clientConfig', 'service'], { port: 443 })
  })
}

function fillVolume(object: JsonObject): JsonObject {
  const spec = { volumeMode: 'Filesystem', persistentVolumeReclaimPolicy: 'Retain' }
  const filled = fill(fill(object, ['spec'], spec), ['status'], { phase: 'Pending' })
  return at(object, 'spec', 'hostPath') === undefined
    ? filled
    : fill(filled, ['spec', 'hostPath'], { type: '' })
}

function fillEndpoints(object: JsonObject): JsonObject {
  return fillEach(object, ['subsets'], (subset) =>
    fillEach(subset, ['ports'], (port) => ({ protocol: 'TCP', ...port })),
  )
}

/** `stringData` is only ever written; what is read is in `data`. */
function fillSecret({ stringData, ...object }: JsonObject): JsonObject {
  const type = object.type ?? 'Opaque'
  if (!isJsonObject(stringData)) return { ...object, type }
  const encoded = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(typeof value === 'string' ? value : '', 'utf8').toString('base64'),
  ])
  const data = { ...objectAt(object, 'data'), ...Object.fromEntries(encoded) }
  return { ...object, data, type }
}

function fillNamespace(object: JsonObject): JsonObject {
  const name = textIn(object, 'metadata', 'name')
  const labelled =
    name === ''
      ? object
      : withValue(object, ['metadata', 'labels', 'kubernetes.io/metadata.name'], name)
  return fill(fill(labelled, ['spec'], { finalizers: ['kubernetes'] }), ['status'], {
    phase: 'Active',
  })
}

function fillLimits(object: JsonObject): JsonObject {
  return fillEach(object, ['spec', 'limits'], (limit) =>
    isJsonObject(limit.default) && limit.type === 'Container'
      ? { ...limit, defaultRequest: { ...limit.default, ...objectAt(limit, 'defaultRequest') } }
      : limit,
  )
}

const fillers: ReadonlyMap<string, Filler> = new Map<string, Filler>([
  [
    'APIService',
    (o) => (at(o, 'spec', 'service') ? fill(o, ['spec', 'service'], { port: 443 }) : o),
  ],
  ['ClusterRoleBinding', fillBinding],
  ['CronJob', fillCronJob],
  ['CustomResourceDefinition', fillDefinition],
  ['DaemonSet', fillDaemonSet],
  ['Deployment', fillDeployment],
  ['Endpoints', fillEndpoints],
  ['HorizontalPodAutoscaler', fillAutoscaler],
  ['Job', fillJob],
  ['LimitRange', fillLimits],
  ['MutatingWebhookConfiguration', fillWebhooks],
  ['Namespace', fillNamespace],
  ['NetworkPolicy', fillNetworkPolicy],
  ['PersistentVolume', fillVolume],
  ['PersistentVolumeClaim', fillClaim],
  ['Pod', fillPod],
  ['PodTemplate', (o) => fillTemplate(o, ['template'])],
  ['PriorityClass', (o) => ({ preemptionPolicy: 'PreemptLowerPriority', ...o })],
  ['ReplicaSet', fillReplicas],
  ['ReplicationController', fillReplicas],
  ['RoleBinding', fillBinding],
  ['Secret', fillSecret],
  ['Service', fillService],
  ['StatefulSet', fillStatefulSet],
  ['StorageClass', (o) => ({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate', ...o })],
  ['ValidatingWebhookConfiguration', fillWebhooks],
])
