import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'

/** One object each of many built-in kinds, with odd but valid content; `version` changes something in each. */
export function variedObjects(namespace: string, version: string): readonly KubeObject[] {
  const object = (type: string, name: string, content: JsonObject): KubeObject => {
    const slash = type.lastIndexOf('/')
    return {
      apiVersion: type.slice(0, slash),
      kind: type.slice(slash + 1),
      metadata: { name, namespace, labels: { version }, annotations: { 'example.com/v': version } },
      ...content,
    }
  }
  const template: JsonObject = {
    metadata: { labels: { app: 'x' }, creationTimestamp: null },
    spec: {
      containers: [
        {
          name: 'main',
          image: `example.com/x:${version}`,
          args: version === '1' ? ['--a', ''] : ['--b'],
          env: [
            { name: 'A', value: version },
            { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: true } } },
          ],
          ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP', name: 'dns' }],
          resources: { requests: { cpu: '1000m', memory: '1024Mi' }, limits: { cpu: 2 } },
          volumeMounts: [{ name: 'v', mountPath: '/v' }],
        },
      ],
      volumes: version === '1' ? [{ name: 'v', emptyDir: {} }] : [volumeOfSecret],
      securityContext: {},
    },
  }
  const selector = { matchLabels: { app: 'x' } }
  return [
    object('v1/ConfigMap', 'cm', { data: { key: version, empty: '' }, binaryData: { b: 'AAE=' } }),
    object('v1/Secret', 's', { type: 'Opaque', data: { k: 'dg==', [`k${version}`]: 'dg==' } }),
    object('v1/ServiceAccount', 'sa', { imagePullSecrets: [{ name: `r${version}` }] }),
    object('v1/Service', 'svc', {
      spec: {
        selector: { app: 'x' },
        ports: [
          { name: 'http', port: 80, targetPort: 'http' },
          { name: 'dns', port: Number(`5${version}`), protocol: 'UDP' },
        ],
      },
    }),
    object('v1/LimitRange', 'lr', {
      spec: { limits: [{ type: 'Container', default: { cpu: `${version}00m` } }] },
    }),
    object('rbac.authorization.k8s.io/v1/Role', 'role', {
      rules: [
        { apiGroups: [''], resources: ['pods'], verbs: ['get', `list`].slice(Number(version) - 1) },
      ],
    }),
    object('rbac.authorization.k8s.io/v1/RoleBinding', 'rb', {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'role' },
      subjects: [{ kind: 'ServiceAccount', name: `sa${version}`, namespace }],
    }),
    object('apps/v1/Deployment', 'deploy', {
      spec: { replicas: Number(version), selector, template },
    }),
    object('apps/v1/StatefulSet', 'sts', {
      spec: { serviceName: 'svc', selector, template, replicas: 0 },
    }),
    object('apps/v1/DaemonSet', 'ds', { spec: { selector, template } }),
    object('batch/v1/CronJob', 'cron', {
      spec: {
        schedule: `${version} * * * *`,
        jobTemplate: { spec: { template: { ...template, spec: onceSpec } } },
      },
    }),
    object('networking.k8s.io/v1/Ingress', 'ing', {
      spec: {
        rules: [
          {
            host: `v${version}.example.com`,
            http: { paths: [{ path: '/', pathType: 'Prefix', backend }] },
          },
        ],
      },
    }),
    object('networking.k8s.io/v1/NetworkPolicy', 'np', {
      spec: {
        podSelector: {},
        policyTypes: ['Ingress'],
        ingress: version === '1' ? [{}] : [{ from: [{ podSelector: {} }] }],
      },
    }),
    object('policy/v1/PodDisruptionBudget', 'pdb', {
      spec: { selector, minAvailable: version === '1' ? 1 : '50%' },
    }),
    object('autoscaling/v2/HorizontalPodAutoscaler', 'hpa', {
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'deploy' },
        maxReplicas: 3 + Number(version),
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
          },
        ],
      },
    }),
  ]
}

const volumeOfSecret: JsonObject = { name: 'v', secret: { secretName: 's', defaultMode: 256 } }

const backend: JsonObject = { service: { name: 'svc', port: { name: 'http' } } }

const onceSpec: JsonObject = {
  restartPolicy: 'OnFailure',
  containers: [{ name: 'once', image: 'example.com/once:1', ports: [{ containerPort: 1 }] }],
}
