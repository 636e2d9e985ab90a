import type { Random } from './random.ts'
import { anyScalar, anyText } from './scalars.ts'
import type { Fields, Value } from './yaml-text.ts'

export const names: readonly string[] = [
  'web',
  'api',
  'db',
  'cache',
  'app-config',
  'settings',
  'tls',
  'default',
  'worker-1',
  'a.b',
]
export const namespaces: readonly string[] = ['dev', 'prod', 'default', 'kube-system']
export const images: readonly string[] = [
  'nginx',
  'nginx:1.2',
  'busybox',
  'registry.example.com:5000/shop/web:1.0',
  'ghcr.io/x/api@sha256:abcd',
  'redis:7@sha256:00ff',
  'nginx-extra:2',
  'a/nginx',
]

/** A pod's specification: everything that refers to other objects, and every list that merges by key. */
export function podSpec(random: Random): Fields {
  const maybe = (probability: number, make: () => Value): Value =>
    random.chance(probability) ? make() : undefined
  return {
    containers: random.times(1, 2, (at) => container(random, at)),
    initContainers: maybe(0.15, () => random.times(1, 2, (at) => container(random, at + 2))),
    volumes: maybe(0.35, () => random.times(1, 3, (at) => volume(random, at))),
    serviceAccountName: maybe(0.25, () => random.pick(names)),
    serviceAccount: maybe(0.05, () => random.pick(names)),
    imagePullSecrets: maybe(0.15, () => random.times(1, 2, () => ({ name: random.pick(names) }))),
    priorityClassName: maybe(0.08, () => random.pick(names)),
    nodeSelector: maybe(0.1, () => ({ disk: anyText(random) })),
    tolerations: maybe(0.1, () => [
      { key: random.pick(['a', 'b']), operator: 'Exists', effect: 'NoSchedule' },
    ]),
    affinity: maybe(0.12, () => affinity(random)),
    topologySpreadConstraints: maybe(0.1, () =>
      random.times(1, 2, () => ({
        maxSkew: 1,
        topologyKey: random.pick(['zone', 'host']),
        whenUnsatisfiable: random.pick(['DoNotSchedule', 'ScheduleAnyway']),
        labelSelector: { matchLabels: { app: 'web' } },
      })),
    ),
    hostAliases: maybe(0.06, () => [
      { ip: '127.0.0.1', hostnames: ['a', random.pick(['b', 'c'])] },
    ]),
    securityContext: maybe(0.1, () =>
      random.chance(0.3) ? {} : { runAsUser: random.pick([0, 1000]), runAsNonRoot: true },
    ),
    restartPolicy: maybe(0.1, () => 'Always'),
    terminationGracePeriodSeconds: maybe(0.1, () => anyScalar(random)),
  }
}

function container(random: Random, at: number): Fields {
  const maybe = (probability: number, make: () => Value): Value =>
    random.chance(probability) ? make() : undefined
  return {
    name: random.pick(['main', 'side', 'init', 'log'].slice(at)),
    image: maybe(0.95, () => random.pick(images)),
    command: maybe(0.15, () => ['sh', '-c', anyText(random)]),
    args: maybe(0.25, () =>
      random.times(1, 3, () =>
        random.pick(['--v=1', '$(NAME)', '--host=$(HOST)', '$$(NAME)', anyText(random)]),
      ),
    ),
    ports: maybe(0.4, () => random.times(1, 3, () => port(random))),
    env: maybe(0.45, () => random.times(1, 3, (index) => environment(random, index))),
    envFrom: maybe(0.25, () =>
      random.times(1, 2, () => ({
        [random.pick(['configMapRef', 'secretRef'])]: {
          name: random.pick(names),
          optional: random.chance(0.2) ? true : undefined,
        },
      })),
    ),
    volumeMounts: maybe(0.3, () =>
      random.times(1, 2, (index) => ({
        name: `v${index}`,
        mountPath: random.pick(['/data', '/etc/x', '/tmp']),
        readOnly: random.chance(0.2) ? true : undefined,
      })),
    ),
    resources: maybe(0.25, () => ({
      limits: { cpu: random.pick<Value>([1, '100m', 0.5, '1']), memory: '64Mi' },
      requests: random.chance(0.2) ? {} : undefined,
    })),
    livenessProbe: maybe(0.15, () => ({
      httpGet: { path: '/', port: random.pick<Value>([80, 'http']) },
      periodSeconds: random.int(30),
    })),
    imagePullPolicy: maybe(0.1, () => 'Always'),
    stdin: maybe(0.03, () => anyScalar(random)),
  }
}

function port(random: Random): Fields {
  return {
    name: random.chance(0.5) ? random.pick(['http', 'metrics', 'grpc']) : undefined,
    containerPort: random.pick([80, 443, 8080]),
    protocol: random.chance(0.35) ? random.pick(['TCP', 'UDP']) : undefined,
  }
}

function environment(random: Random, at: number): Fields {
  const name = random.pick(['MODE', 'HOST', 'LEVEL', 'PORT'].slice(at))
  if (random.chance(0.6)) return { name, value: random.chance(0.2) ? '$(NAME)' : anyText(random) }
  const reference = { name: random.pick(names), key: random.pick(['a', 'key']) }
  if (random.chance(0.2)) return { name, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }
  return { name, valueFrom: { [random.pick(['configMapKeyRef', 'secretKeyRef'])]: reference } }
}

function volume(random: Random, at: number): Fields {
  const name = `v${at}`
  const sources: readonly (() => Fields)[] = [
    () => ({ emptyDir: {} }),
    () => ({
      configMap: {
        name: random.pick(names),
        items: random.chance(0.2) ? [{ key: 'a', path: 'a' }] : undefined,
      },
    }),
    () => ({
      secret: { secretName: random.pick(names), defaultMode: random.chance(0.2) ? 420 : undefined },
    }),
    () => ({ persistentVolumeClaim: { claimName: random.pick(names) } }),
    () => ({
      projected: {
        sources: [
          { configMap: { name: random.pick(names) } },
          { secret: { name: random.pick(names) } },
        ],
      },
    }),
    () => ({ image: { reference: random.pick(images) } }),
    () => ({ hostPath: { path: '/x' } }),
  ]
  return { name, ...random.pick(sources)() }
}

function affinity(random: Random): Fields {
  const term = { labelSelector: { matchLabels: { app: 'web' } }, topologyKey: 'zone' }
  return {
    podAntiAffinity: random.chance(0.5)
      ? { requiredDuringSchedulingIgnoredDuringExecution: [term] }
      : {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
        },
    podAffinity: random.chance(0.2) ? {} : undefined,
  }
}
