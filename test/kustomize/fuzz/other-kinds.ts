import { images, names, namespaces } from './pod.ts'
import type { Random } from './random.ts'
import { anyText, anyTree } from './scalars.ts'
import { type Fields, isFields, type Value } from './yaml-text.ts'

const rules = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]

/** What makes objects of one kind: everything of them but their metadata. */
export type Kind = (random: Random) => readonly [apiVersion: string, kind: string, body: Fields]

/** Kinds that are not workloads: cluster-scoped ones, referrers, and what no schema knows. */
export const otherKinds: readonly Kind[] = [
  () => ['v1', 'Namespace', {}],
  () => ['v1', 'ServiceAccount', {}],
  (random) => [
    'v1',
    'ServiceAccount',
    { imagePullSecrets: [{ name: random.pick(names) }], secrets: [{ name: random.pick(names) }] },
  ],
  (random) => [
    'rbac.authorization.k8s.io/v1',
    'Role',
    {
      rules: random.chance(0.3)
        ? [
            {
              ...rules[0],
              resourceNames: [random.pick(names)],
              resources: [random.pick(['configmaps', 'secrets'])],
            },
          ]
        : rules,
    },
  ],
  () => ['rbac.authorization.k8s.io/v1', 'ClusterRole', { rules }],
  (random) => [
    'rbac.authorization.k8s.io/v1',
    'RoleBinding',
    binding(random, random.pick(['Role', 'ClusterRole'])),
  ],
  (random) => [
    'rbac.authorization.k8s.io/v1',
    'ClusterRoleBinding',
    binding(random, 'ClusterRole'),
  ],
  (random) => ['networking.k8s.io/v1', 'Ingress', { spec: ingress(random) }],
  (random) => [
    'networking.k8s.io/v1',
    'NetworkPolicy',
    {
      spec: {
        podSelector: { matchLabels: { app: random.pick(names) } },
        ingress: random.chance(0.5)
          ? [
              {
                from: [{ podSelector: { matchLabels: { app: 'web' } } }, { namespaceSelector: {} }],
              },
            ]
          : undefined,
      },
    },
  ],
  (random) => [
    random.pick(['autoscaling/v1', 'autoscaling/v2', 'autoscaling/v2beta2']),
    'HorizontalPodAutoscaler',
    {
      spec: {
        scaleTargetRef: {
          apiVersion: 'apps/v1',
          kind: random.pick(['Deployment', 'StatefulSet']),
          name: random.pick(names),
        },
        minReplicas: 1,
        maxReplicas: 3,
        metrics: random.chance(0.5)
          ? [
              {
                type: 'Resource',
                resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
              },
            ]
          : undefined,
      },
    },
  ],
  (random) => [
    random.pick(['policy/v1', 'policy/v1beta1']),
    'PodDisruptionBudget',
    {
      spec: {
        minAvailable: random.pick<Value>([1, '50%']),
        selector: { matchLabels: { app: random.pick(names) } },
      },
    },
  ],
  () => [
    'v1',
    'PersistentVolume',
    {
      spec: {
        capacity: { storage: '1Gi' },
        storageClassName: 'default',
        claimRef: { name: 'web', namespace: 'dev' },
      },
    },
  ],
  (random) => [
    'v1',
    'PersistentVolumeClaim',
    {
      spec: {
        volumeName: random.pick(names),
        storageClassName: random.pick(names),
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: '1Gi' } },
      },
    },
  ],
  (random) => [
    random.pick(['storage.k8s.io/v1', 'scheduling.k8s.io/v1']),
    random.pick(['StorageClass', 'PriorityClass']),
    { value: 10 },
  ],
  () => ['networking.k8s.io/v1', 'IngressClass', { spec: { controller: 'example.com/x' } }],
  () => [
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    {
      spec: {
        group: 'example.com',
        names: { kind: 'Widget' },
        conversion: {
          strategy: 'Webhook',
          webhook: { clientConfig: { service: { name: 'web', namespace: 'dev' } } },
        },
      },
    },
  ],
  (random) => [
    'admissionregistration.k8s.io/v1',
    random.pick(['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']),
    {
      webhooks: random.times(1, 2, (at) => ({
        name: `w${at}.example.com`,
        clientConfig: {
          service: { name: random.pick(names), namespace: random.pick(namespaces), path: '/x' },
        },
      })),
    },
  ],
  (random) => [
    'apiregistration.k8s.io/v1',
    'APIService',
    {
      spec: {
        group: 'example.com',
        service: random.chance(0.7)
          ? { name: random.pick(names), namespace: random.pick(namespaces) }
          : undefined,
      },
    },
  ],
  (random) => [
    'v1',
    random.pick(['ResourceQuota', 'LimitRange', 'Endpoints', 'ReplicationController']),
    { spec: { more: anyTree(random, 2) } },
  ],
  (random) => [
    random.pick(['example.com/v1', 'example.com/v1beta1', 'stable.example.org/v1alpha1']),
    random.pick(['Widget', 'Gadget']),
    { spec: custom(random) },
  ],
  (random) => ['example.com/v1', 'Widget', { spec: custom(random) }],
  (random) => ['example.com/v1', 'Widget', { spec: oftenMap(random, 4), data: anyTree(random, 2) }],
  (random) => [
    'example.com/v1',
    random.risk(0.2) ? 'WidgetList' : 'Widget',
    { items: [{ name: 'a' }], [random.pick(['spec', 'status'])]: oftenMap(random, 3) },
  ],
  (random) => [
    'admissionregistration.k8s.io/v1',
    'ValidatingAdmissionPolicy',
    { spec: { validations: [{ expression: anyText(random) }] } },
  ],
]

/** What looks below a spec fails on one that is no map. */
function oftenMap(random: Random, depth: number): Value {
  const tree = anyTree(random, depth)
  return isFields(tree) || random.risk(0.5) ? tree : { more: tree }
}

function binding(random: Random, kind: string): Fields {
  return {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: random.pick(names) },
    subjects: random.chance(0.95)
      ? random.times(0, 3, () => ({
          kind: random.pick(['ServiceAccount', 'ServiceAccount', 'User', 'Group']),
          name: random.pick(names),
          namespace: random.chance(0.6) ? random.pick(namespaces) : undefined,
        }))
      : undefined,
  }
}

function ingress(random: Random): Fields {
  const backend = { service: { name: random.pick(names), port: { number: 80 } } }
  return {
    ingressClassName: random.chance(0.3) ? random.pick(names) : undefined,
    defaultBackend: random.chance(0.2) ? backend : undefined,
    tls: random.chance(0.4)
      ? [{ hosts: ['$(HOST)', 'x.example.com'], secretName: random.pick(names) }]
      : undefined,
    rules: random.times(0, 2, () => ({
      host: random.pick(['a.example.com', '$(HOST)', '*.b.io']),
      http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
    })),
  }
}

function custom(random: Random): Fields {
  return {
    size: random.int(9),
    image: random.pick(images),
    configRef: { name: random.pick(names), kind: 'ConfigMap' },
    template: random.chance(0.4)
      ? { spec: { containers: [{ name: 'main', image: random.pick(images) }] } }
      : undefined,
    items: random.times(0, 3, (at) => ({
      name: ['one', 'two', 'three'][at] ?? '',
      value: anyText(random),
    })),
    conf: random.chance(0.2) ? '{"a": {"b": "c"}, "list": [1, 2]}' : undefined,
    more: random.chance(0.5) ? anyTree(random, 3) : undefined,
  }
}
