import { type Kind, otherKinds } from './other-kinds.ts'
import { names, namespaces, podSpec } from './pod.ts'
import type { Random } from './random.ts'
import { anyKey, anyScalar, anyText, anyTree } from './scalars.ts'
import type { Fields, Value } from './yaml-text.ts'

/** An object that the generator made, as data; what is built on it may name it. */
export type Made = Fields

/** One object of some kind. */
export function makeObject(random: Random): Made {
  const make = random.chance(0.55) ? random.pick(workloads) : random.pick(otherKinds)
  const [apiVersion, kind, body] = make(random)
  const object = { apiVersion, kind, metadata: makeMetadata(random), ...body }
  return !random.risk(0.04) ? object : spoil(random, object)
}

const workloads: readonly Kind[] = [
  (random) => ['apps/v1', 'Deployment', { spec: { ...replicas(random), ...workload(random) } }],
  (random) => ['apps/v1', 'Deployment', { spec: { ...replicas(random), ...workload(random) } }],
  (random) => [
    'apps/v1',
    'StatefulSet',
    {
      spec: {
        serviceName: random.pick(names),
        ...replicas(random),
        ...workload(random),
        volumeClaimTemplates: random.chance(0.4)
          ? [{ metadata: { name: 'data' }, spec: { storageClassName: random.pick(names) } }]
          : undefined,
      },
    },
  ],
  (random) => ['apps/v1', 'DaemonSet', { spec: workload(random) }],
  (random) => ['batch/v1', 'Job', { spec: { template: template(random) } }],
  (random) => [
    random.pick(['batch/v1', 'batch/v1beta1']),
    'CronJob',
    { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: template(random) } } } },
  ],
  (random) => ['v1', 'Pod', { spec: podSpec(random) }],
  (random) => ['v1', 'ConfigMap', configData(random)],
  (random) => ['v1', 'ConfigMap', configData(random)],
  (random) => [
    'v1',
    'Secret',
    {
      type: random.chance(0.5) ? 'Opaque' : undefined,
      [random.pick(['data', 'stringData'])]: {
        a: 'eA==',
        key: random.chance(0.2) ? anyText(random) : 'eQ==',
      },
    },
  ],
  (random) => ['v1', 'Service', { spec: service(random) }],
  (random) => ['v1', 'Service', { spec: service(random) }],
]

function replicas(random: Random): Fields {
  return random.chance(0.6)
    ? { replicas: random.chance(0.95) ? random.int(5) : anyScalar(random) }
    : {}
}

function workload(random: Random): Fields {
  const app = random.pick(names)
  return {
    selector: random.chance(0.85)
      ? {
          matchLabels: { app },
          matchExpressions: random.chance(0.05) ? [{ key: 'a', operator: 'Exists' }] : undefined,
        }
      : undefined,
    strategy: random.chance(0.15)
      ? random.pick<Value>([{}, { type: 'Recreate' }, { rollingUpdate: { maxSurge: '25%' } }])
      : undefined,
    template: template(random, app),
  }
}

function template(random: Random, app = 'job'): Fields {
  return {
    metadata: random.pick<Value>([
      { labels: { app } },
      { labels: { app }, annotations: { note: anyScalar(random) } },
      { labels: { app }, annotations: { note: anyText(random) } },
      undefined,
      {},
    ]),
    spec: podSpec(random),
  }
}

function configData(random: Random): Fields {
  const isOdd = random.chance(0.3)
  const entries = random.times(0, 4, () => [
    anyKey(random),
    isOdd ? anyScalar(random) : anyText(random),
  ])
  return {
    data: random.chance(0.95) ? Object.fromEntries(entries) : random.pick<Value>([undefined, null]),
    immutable: random.chance(0.05) ? true : undefined,
    binaryData: random.chance(0.04) ? { b: 'AAEC' } : undefined,
  }
}

function service(random: Random): Fields {
  return {
    selector: random.chance(0.8) ? { app: random.pick(names) } : undefined,
    ports: random.times(0, 3, (at) => ({
      name: random.chance(0.6) ? `p${at}` : undefined,
      port: random.pick([80, 443, 8080]),
      targetPort: random.pick<Value>([80, 'http']),
      protocol: random.chance(0.3) ? random.pick(['TCP', 'UDP']) : undefined,
    })),
    type: random.chance(0.2)
      ? random.pick(['ClusterIP', 'LoadBalancer', 'ExternalName'])
      : undefined,
    externalName: random.chance(0.05) ? '$(NAME).example.com' : undefined,
  }
}

function makeMetadata(random: Random): Fields {
  return {
    name: random.pick(names),
    namespace: random.chance(0.25) ? random.pick(namespaces) : undefined,
    labels: random.chance(0.35)
      ? makeLabels(random)
      : random.chance(0.03)
        ? random.pick<Value>([null, {}])
        : undefined,
    annotations: random.chance(0.25)
      ? makeAnnotations(random)
      : random.chance(0.03)
        ? random.pick<Value>([null, {}])
        : undefined,
    finalizers: random.chance(0.03) ? ['a/b', 'c'] : undefined,
    creationTimestamp: random.chance(0.03) ? null : undefined,
  }
}

function makeLabels(random: Random): Fields {
  return Object.fromEntries(
    random.times(0, 3, () => [
      random.pick(['app', 'tier', 'env', 'app.kubernetes.io/name']),
      random.chance(0.9) ? random.pick(['web', 'front', 'v1']) : anyScalar(random),
    ]),
  )
}

function makeAnnotations(random: Random): Fields {
  const keys = [
    'note',
    'example.com/x',
    'count',
    'config.kubernetes.io/local-config',
    'kustomize.config.k8s.io/behavior',
    'internal.config.kubernetes.io/index',
    'config.kubernetes.io/index',
  ]
  return Object.fromEntries(
    random.times(0, 2, () => {
      const isOwn = random.chance(0.9)
      return [
        random.pick(isOwn ? keys.slice(0, 3) : keys),
        isOwn ? anyScalar(random) : random.pick<Value>(['true', 'enabled', 'false', 'merge', 0]),
      ]
    }),
  )
}

/** Something that is wrong with it, or at least unusual. */
function spoil(random: Random, object: Fields): Fields {
  const metadata = object.metadata
  const withMetadata = (more: Fields): Fields => ({
    ...object,
    metadata: { ...(typeof metadata === 'object' ? metadata : {}), ...more },
  })
  return random.pick<() => Fields>([
    () => ({ ...object, apiVersion: random.pick([undefined, '/v1', 'a/b/c', '', 'v1/']) }),
    () => ({ ...object, kind: undefined }),
    () => ({ ...object, metadata: undefined }),
    () => withMetadata({ name: undefined, generateName: 'gen-' }),
    () =>
      withMetadata({ name: random.pick<Value>(['', 5, true, null, 'Über Größe', 'a b', 'a,b']) }),
    () =>
      withMetadata({ labels: random.pick<Value>(['text', { a: { b: 1 } }, ['a'], ['a', 'b']]) }),
    () =>
      withMetadata({
        annotations: random.pick<Value>(['text', ['a'], ['a', 'b'], { a: { b: 1 } }]),
      }),
    () => withMetadata({ namespace: random.pick<Value>([5, '', null, 'a,b']) }),
    () => ({ ...object, spec: anyTree(random, 2) }),
    () => ({ apiVersion: 'v1', kind: 'List', items: [object] }),
    () => ({ apiVersion: 'v1', kind: 'List', items: [object, makeObject(random)] }),
    () => ({ apiVersion: 'v1', kind: 'ConfigMapList', items: [object] }),
    () => ({
      apiVersion: 'v1',
      kind: 'List',
      items: random.pick<Value>([null, [], 'x', undefined]),
    }),
    () => ({ ...object, status: anyTree(random, 2) }),
  ])()
}
