import type { JsonObject } from '../../../lib/manifest/object.ts'
import { apply, apps, core, get, named, patch, type Scenario } from './requests.ts'

const batch = '/apis/batch/v1/namespaces/NAMESPACE'
const scaler = '/apis/autoscaling/VERSION/namespaces/NAMESPACE/horizontalpodautoscalers/web'

const podTemplate: JsonObject = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'nginx' }] },
}

export const kinds: readonly Scenario[] = [
  {
    name: 'a StatefulSet and a DaemonSet change',
    steps: [
      apply(
        `${apps}/statefulsets/db`,
        'one',
        named('apps/v1', 'StatefulSet', 'db', {
          spec: {
            serviceName: 'db',
            selector: { matchLabels: { app: 'web' } },
            template: podTemplate,
            volumeClaimTemplates: [
              {
                metadata: { name: 'data' },
                spec: {
                  accessModes: ['ReadWriteOnce'],
                  resources: { requests: { storage: '1Gi' } },
                },
              },
            ],
          },
        }),
      ),
      apply(
        `${apps}/statefulsets/db`,
        'one',
        named('apps/v1', 'StatefulSet', 'db', {
          spec: {
            replicas: 2,
            serviceName: 'db',
            selector: { matchLabels: { app: 'web' } },
            template: podTemplate,
            volumeClaimTemplates: [
              {
                metadata: { name: 'data' },
                spec: {
                  accessModes: ['ReadWriteOnce'],
                  resources: { requests: { storage: '1Gi' } },
                },
              },
            ],
          },
        }),
      ),
      apply(
        `${apps}/statefulsets/db`,
        'one',
        named('apps/v1', 'StatefulSet', 'db', {
          spec: {
            serviceName: 'other',
            selector: { matchLabels: { app: 'web' } },
            template: podTemplate,
          },
        }),
      ),
    ],
  },
  {
    name: 'a Job is labelled, and its template stays',
    steps: [
      apply(
        `${batch}/jobs/once`,
        'one',
        named('batch/v1', 'Job', 'once', {
          spec: {
            template: {
              spec: { restartPolicy: 'Never', containers: [{ name: 'x', image: 'x:1' }] },
            },
          },
        }),
      ),
      patch(`${batch}/jobs/once`, 'merge', { spec: { suspend: true } }),
      apply(
        `${batch}/cronjobs/often`,
        'one',
        named('batch/v1', 'CronJob', 'often', {
          spec: {
            schedule: '*/5 * * * *',
            jobTemplate: {
              spec: {
                template: {
                  spec: { restartPolicy: 'OnFailure', containers: [{ name: 'x', image: 'x:1' }] },
                },
              },
            },
          },
        }),
      ),
    ],
  },
  {
    name: 'an autoscaler in both of its versions',
    steps: [
      apply(
        scaler.replace('VERSION', 'v2'),
        'one',
        named('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
          spec: {
            maxReplicas: 4,
            scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
            metrics: [
              {
                type: 'Resource',
                resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 99 } },
              },
            ],
          },
        }),
      ),
      get(scaler.replace('VERSION', 'v2')),
    ],
  },
  {
    name: 'roles, bindings, accounts and policies',
    steps: [
      apply(
        '/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/roles/reader',
        'one',
        named('rbac.authorization.k8s.io/v1', 'Role', 'reader', {
          rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
        }),
      ),
      apply(
        '/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/roles/reader',
        'two',
        named('rbac.authorization.k8s.io/v1', 'Role', 'reader', { rules: [] }),
      ),
      apply(
        '/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/rolebindings/read',
        'one',
        named('rbac.authorization.k8s.io/v1', 'RoleBinding', 'read', {
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
          subjects: [
            { kind: 'ServiceAccount', name: 'runner' },
            { kind: 'Group', name: 'team' },
          ],
        }),
      ),
      apply(
        '/apis/rbac.authorization.k8s.io/v1/namespaces/NAMESPACE/rolebindings/read',
        'one',
        named('rbac.authorization.k8s.io/v1', 'RoleBinding', 'read', {
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'writer' },
        }),
      ),
      apply(
        `${core}/serviceaccounts/runner`,
        'one',
        named('v1', 'ServiceAccount', 'runner', {
          imagePullSecrets: [{ name: 'a' }],
          automountServiceAccountToken: false,
        }),
      ),
      apply(
        `${core}/serviceaccounts/runner`,
        'two',
        named('v1', 'ServiceAccount', 'runner', { imagePullSecrets: [{ name: 'b' }] }),
      ),
      apply(
        '/apis/networking.k8s.io/v1/namespaces/NAMESPACE/networkpolicies/deny',
        'one',
        named('networking.k8s.io/v1', 'NetworkPolicy', 'deny', {
          spec: { podSelector: {}, egress: [{ ports: [{ port: 53 }] }] },
        }),
      ),
      apply(
        '/apis/policy/v1/namespaces/NAMESPACE/poddisruptionbudgets/keep',
        'one',
        named('policy/v1', 'PodDisruptionBudget', 'keep', {
          spec: { maxUnavailable: '50%', selector: { matchLabels: { app: 'web' } } },
        }),
      ),
      apply(
        '/apis/networking.k8s.io/v1/namespaces/NAMESPACE/ingresses/web',
        'one',
        named('networking.k8s.io/v1', 'Ingress', 'web', {
          spec: {
            ingressClassName: 'nginx',
            tls: [{ hosts: ['a.example'] }],
            rules: [
              {
                host: 'a.example',
                http: {
                  paths: [
                    {
                      path: '/',
                      pathType: 'Prefix',
                      backend: { service: { name: 'web', port: { name: 'http' } } },
                    },
                  ],
                },
              },
            ],
          },
        }),
      ),
      apply(
        `${core}/resourcequotas/few`,
        'one',
        named('v1', 'ResourceQuota', 'few', {
          spec: { hard: { pods: 10, 'requests.cpu': '1.5', 'limits.memory': '1536Mi' } },
        }),
      ),
    ],
  },
  {
    name: 'quantities are written in one way',
    steps: [
      '1000m',
      '0.5',
      '1.5Gi',
      '1024Mi',
      '1e3',
      '12E',
      '0',
      '-1',
      '.5',
      '1023Ki',
      '1048576',
      '1.5',
      '3000000',
      '1000Ki',
      '5.5Mi',
    ].map((cpu, index) =>
      apply(
        `${core}/limitranges/l${index}`,
        'one',
        named('v1', 'LimitRange', `l${index}`, {
          spec: { limits: [{ type: 'Pod', max: { 'example.com/x': cpu } }] },
        }),
      ),
    ),
  },
]
