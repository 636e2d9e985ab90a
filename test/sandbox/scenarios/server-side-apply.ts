import {
  apply,
  cm,
  configMap,
  core,
  deployment,
  get,
  patch,
  port,
  post,
  type Scenario,
  service,
  web,
} from './requests.ts'

export const serverSideApply: readonly Scenario[] = [
  {
    name: 'an unchanged apply changes nothing',
    steps: [
      apply(cm, 'one', configMap('settings', { data: { a: '1' } })),
      apply(cm, 'one', configMap('settings', { data: { a: '1' } })),
      apply(cm, 'one', configMap('settings', { data: { a: '1' } }), { dryRun: 'All' }),
      apply(cm, 'one', configMap('settings', { data: { a: '2' } }), { dryRun: 'All' }),
      get(cm),
    ],
  },
  {
    name: 'a dry run of what is new has no version',
    steps: [apply(cm, 'one', configMap('settings'), { dryRun: 'All' }), get(cm)],
  },
  {
    name: 'fields that are no longer applied leave, unless another owns them',
    steps: [
      apply(cm, 'one', configMap('settings', { data: { a: '1', b: '2', c: '3' } })),
      apply(cm, 'two', configMap('settings', { data: { b: '2' } })),
      apply(cm, 'one', configMap('settings', { data: { a: '1' } })),
      apply(cm, 'two', configMap('settings', {})),
      apply(cm, 'one', configMap('settings', {})),
    ],
  },
  {
    name: 'conflicts name manager and field, and force takes over',
    steps: [
      apply(cm, 'one', configMap('settings', { data: { a: '1', b: '1' } })),
      apply(cm, 'two', configMap('settings', { data: { a: '2' } })),
      apply(cm, 'two', configMap('settings', { data: { a: '2', b: '2' } })),
      apply(cm, 'two', configMap('settings', { data: { a: '2' } }), { force: 'true' }),
      apply(cm, 'one', configMap('settings', { data: { b: '1' } })),
      get(cm),
    ],
  },
  {
    name: 'an update takes fields from who applied them',
    steps: [
      apply(cm, 'one', configMap('settings', { data: { a: '1', b: '1' } })),
      patch(cm, 'merge', { data: { a: '2', c: '3' } }),
      patch(cm, 'merge', { data: { b: null } }),
      apply(cm, 'one', configMap('settings', { data: { a: '1', b: '1' } }), { force: 'true' }),
      patch(cm, 'merge', { data: null }),
      get(cm),
    ],
  },
  {
    name: 'labels and annotations are owned key by key',
    steps: [
      apply(cm, 'one', {
        ...configMap('settings'),
        metadata: { name: 'settings', labels: { a: '1' }, annotations: { x: 'y' } },
      }),
      apply(cm, 'two', {
        ...configMap('settings'),
        metadata: { name: 'settings', labels: { b: '2' }, finalizers: ['test.example/hold'] },
      }),
      apply(cm, 'one', configMap('settings')),
      apply(cm, 'two', configMap('settings')),
    ],
  },
  {
    name: 'a Deployment gets defaults that nobody owns',
    steps: [
      apply(web, 'one', deployment({ replicas: 3 }, { ports: [{ containerPort: 80 }] })),
      apply(web, 'one', deployment({}, { ports: [{ containerPort: 80 }] })),
      apply(web, 'one', deployment({}, {}), { dryRun: 'All' }),
      apply(web, 'one', deployment({}, {})),
    ],
  },
  {
    name: 'containers, ports and variables merge by their keys',
    steps: [
      apply(
        web,
        'one',
        deployment(
          {},
          {
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
          },
        ),
      ),
      apply(web, 'two', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'sidecar', image: 'proxy:1' },
                {
                  name: 'web',
                  env: [{ name: 'C', value: '3' }],
                  ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'UDP' }],
                },
              ],
            },
          },
        },
      }),
      apply(web, 'one', deployment({}, { env: [{ name: 'B', value: '2' }] })),
      apply(web, 'two', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: {
          template: { spec: { containers: [{ name: 'web', env: [{ name: 'C', value: '3' }] }] } },
        },
      }),
    ],
  },
  {
    name: 'ports of a Service merge by number and protocol',
    steps: [
      apply(
        `${core}/services/web`,
        'one',
        service({
          ports: [port(80, { name: 'http' }), port(443, { name: 'https' })],
          selector: { app: 'web' },
        }),
      ),
      apply(
        `${core}/services/web`,
        'one',
        service({
          ports: [port(443, { name: 'https' }), port(80, { name: 'http' })],
          selector: { app: 'web' },
        }),
      ),
      apply(
        `${core}/services/web`,
        'two',
        service({ ports: [port(53, { name: 'dns', protocol: 'UDP' })] }),
      ),
      apply(
        `${core}/services/web`,
        'one',
        service({ ports: [port(8080, { name: 'http' })], selector: { app: 'web' } }),
      ),
      apply(
        `${core}/services/web`,
        'one',
        service({ clusterIP: '10.0.0.99', ports: [port(80, { name: 'plain' })] }),
      ),
    ],
  },
  {
    name: 'atomic lists and maps go as a whole',
    steps: [
      apply(
        web,
        'one',
        deployment({}, { args: ['a', 'b'], resources: { limits: { cpu: '100m' } } }),
      ),
      apply(web, 'two', {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: { template: { spec: { containers: [{ name: 'web', args: ['c'] }] } } },
      }),
      apply(
        web,
        'one',
        deployment({}, { args: ['b'], resources: { limits: { cpu: '0.5', memory: '1024Mi' } } }),
      ),
      apply(
        web,
        'one',
        deployment({}, { args: ['b'], resources: { limits: { cpu: '500m', memory: '1Gi' } } }),
      ),
      apply(web, 'one', deployment({}, {})),
    ],
  },
  {
    name: 'volumes, mounts, probes and security contexts',
    steps: [
      apply(
        web,
        'one',
        deployment(
          {
            strategy: { type: 'Recreate' },
            template: {
              metadata: { labels: { app: 'web' }, annotations: { a: 'b' } },
              spec: {
                serviceAccountName: 'runner',
                hostNetwork: false,
                securityContext: { runAsNonRoot: true },
                nodeSelector: { disk: 'ssd' },
                tolerations: [{ key: 'k', operator: 'Exists' }],
                volumes: [
                  { name: 'c', configMap: { name: 'x' } },
                  { name: 's', secret: { secretName: 'x' } },
                  { name: 'e', emptyDir: {} },
                  { name: 'p', projected: { sources: [{ serviceAccountToken: { path: 't' } }] } },
                ],
                initContainers: [{ name: 'init', image: 'busybox', command: ['true'] }],
                containers: [
                  {
                    name: 'web',
                    image:
                      'registry.example:5000/web@sha256:0000000000000000000000000000000000000000000000000000000000000000',
                    livenessProbe: { httpGet: { port: 80 } },
                    readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 3 },
                    startupProbe: { exec: { command: ['x'] } },
                    securityContext: {
                      allowPrivilegeEscalation: false,
                      capabilities: { drop: ['ALL'] },
                    },
                    ports: [{ containerPort: 80, name: 'http' }],
                    env: [
                      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                      { name: 'KEY', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
                      { name: 'EMPTY', value: '' },
                    ],
                    envFrom: [{ configMapRef: { name: 'x' } }],
                    volumeMounts: [
                      { name: 'c', mountPath: '/c' },
                      { name: 'e', mountPath: '/e', readOnly: false },
                    ],
                    lifecycle: { preStop: { exec: { command: ['sleep', '1'] } } },
                  },
                ],
              },
            },
          },
          {},
        ),
      ),
      get(web),
    ],
  },
  {
    name: 'nulls and empty values',
    steps: [
      apply(web, 'one', {
        ...deployment(
          { replicas: null, paused: false, minReadySeconds: 0 },
          { args: [], resources: {} },
        ),
        metadata: { name: 'web', labels: {}, creationTimestamp: null, annotations: null },
        status: {},
      }),
      apply(web, 'one', deployment({ replicas: 2, paused: true }, {})),
    ],
  },
  {
    name: 'a Secret keeps its texts encoded',
    steps: [
      apply(`${core}/secrets/token`, 'one', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'token' },
        stringData: { a: 'x' },
        data: { b: 'eQ==' },
      }),
      apply(`${core}/secrets/token`, 'one', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'token' },
        stringData: { a: 'x' },
        data: { b: 'eQ==' },
      }),
      apply(`${core}/secrets/token`, 'one', {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'token' },
        data: { b: 'eQ==' },
      }),
    ],
  },
  {
    name: 'an autoscaler owns the replicas that the applier leaves out',
    steps: [
      apply(web, 'one', deployment({ replicas: 2 }, {})),
      patch(`${web}/scale`, 'merge', { spec: { replicas: 5 } }),
      apply(web, 'one', deployment({ replicas: 2 }, {})),
      apply(web, 'one', deployment({}, {})),
      { method: 'GET', path: `${web}/scale` },
      get(web),
    ],
  },
  {
    name: 'what was created otherwise can be applied over',
    steps: [
      post(`${core}/configmaps`, configMap('settings', { data: { a: '1' } })),
      apply(cm, 'one', configMap('settings', { data: { a: '1', b: '2' } })),
      apply(cm, 'one', configMap('settings', { data: { b: '2' } })),
      apply(cm, 'one', configMap('settings', { data: { a: '9' } })),
      patch(cm, 'json', [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }]),
      apply(cm, 'one', configMap('settings', { data: { b: '3' } })),
      apply(cm, 'one', configMap('settings', { data: { b: '3' } }), { force: 'true' }),
    ],
  },
]
