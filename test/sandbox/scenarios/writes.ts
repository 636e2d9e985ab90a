import {
  apps,
  cm,
  configMap,
  core,
  deployment,
  get,
  patch,
  post,
  put,
  type Scenario,
  web,
} from './requests.ts'

export const writes: readonly Scenario[] = [
  {
    name: 'create, replace, patch and delete',
    steps: [
      post(`${core}/configmaps`, configMap('settings', { data: { a: '1' } })),
      put(cm, configMap('settings', { data: { a: '2', b: '3' } })),
      put(cm, configMap('settings', { data: { a: '2', b: '3' } })),
      patch(cm, 'merge', { data: { b: null }, metadata: { labels: { x: 'y' } } }),
      patch(cm, 'json', [
        { op: 'add', path: '/data/c', value: '4' },
        { op: 'copy', from: '/data/c', path: '/data/d' },
        { op: 'move', from: '/data/d', path: '/data/e' },
        { op: 'replace', path: '/data/c', value: '5' },
        { op: 'test', path: '/data/c', value: '5' },
      ]),
      patch(cm, 'merge', { data: { c: '6' } }, { dryRun: 'All' }),
      get(cm),
      { method: 'DELETE', path: cm, query: { dryRun: 'All' } },
      get(cm),
      { method: 'DELETE', path: cm },
      get(cm),
    ],
  },
  {
    name: 'a dry run beside a body is none',
    steps: [
      post(`${core}/configmaps`, configMap('settings')),
      {
        method: 'DELETE',
        path: cm,
        query: { dryRun: 'All' },
        body: { kind: 'DeleteOptions', apiVersion: 'v1' },
      },
      get(cm),
      post(`${core}/configmaps`, configMap('settings')),
      {
        method: 'DELETE',
        path: cm,
        body: { kind: 'DeleteOptions', apiVersion: 'v1', dryRun: ['All'] },
      },
      get(cm),
    ],
  },
  {
    name: 'generation counts changes of the spec',
    steps: [
      post(`${apps}/deployments`, deployment()),
      patch(web, 'merge', { metadata: { annotations: { a: 'b' } } }),
      patch(web, 'merge', { spec: { replicas: 3 } }),
      patch(`${web}/status`, 'merge', {
        status: { observedGeneration: 2, replicas: 3 },
        spec: { replicas: 9 },
      }),
      patch(web, 'merge', { status: { replicas: 7 } }),
      put(`${web}/status`, { ...deployment({ replicas: 4 }), status: { replicas: 1 } }),
      get(`${web}/status`),
    ],
  },
  {
    name: 'strategic merge patches',
    steps: [
      post(
        `${apps}/deployments`,
        deployment(
          {},
          {
            ports: [{ containerPort: 80 }],
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
          },
        ),
      ),
      patch(web, 'strategic-merge', {
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'web', image: 'nginx:2' },
                { name: 'extra', image: 'x:1' },
              ],
            },
          },
        },
      }),
      patch(web, 'strategic-merge', {
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'extra', $patch: 'delete' },
                {
                  name: 'web',
                  env: [
                    { name: 'A', $patch: 'delete' },
                    { name: 'C', value: '3' },
                  ],
                },
              ],
            },
          },
        },
      }),
      patch(web, 'strategic-merge', {
        spec: {
          template: {
            spec: {
              '$setElementOrder/containers': [{ name: 'first' }, { name: 'web' }],
              containers: [{ name: 'first', image: 'x:2' }],
            },
          },
        },
      }),
      patch(web, 'strategic-merge', {
        spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      }),
      patch(web, 'strategic-merge', {
        metadata: { finalizers: ['test.example/a', 'test.example/b'] },
      }),
      patch(web, 'strategic-merge', {
        metadata: { '$deleteFromPrimitiveList/finalizers': ['test.example/a'] },
      }),
      patch(web, 'strategic-merge', {
        metadata: { '$deleteFromPrimitiveList/finalizers': ['test.example/b'] },
      }),
      patch(web, 'strategic-merge', {
        spec: {
          template: {
            spec: { containers: [{ $patch: 'replace' }, { name: 'only', image: 'y:1' }] },
          },
        },
      }),
    ],
  },
  {
    name: 'finalizers hold an object until they are gone',
    steps: [
      post(`${core}/configmaps`, {
        ...configMap('settings'),
        metadata: { name: 'settings', finalizers: ['test.example/hold'] },
      }),
      { method: 'DELETE', path: cm },
      { method: 'DELETE', path: cm },
      patch(cm, 'merge', { data: { still: 'editable' } }),
      patch(cm, 'merge', { metadata: { finalizers: null } }),
      get(cm),
    ],
  },
  {
    name: 'selectors',
    steps: [
      ...['one', 'two', 'three'].map((name, index) =>
        post(`${core}/configmaps`, {
          ...configMap(name),
          metadata: { name, labels: { tier: index === 0 ? 'front' : 'back', [name]: 'yes' } },
        }),
      ),
      ...[
        { labelSelector: 'tier=back' },
        { labelSelector: 'tier!=back' },
        { labelSelector: 'tier in (front, other),one' },
        { labelSelector: 'tier notin (front),!two' },
        { fieldSelector: 'metadata.name=two' },
        { fieldSelector: 'metadata.name!=two', labelSelector: 'tier' },
      ].map((query) => ({
        method: 'GET' as const,
        path: `${core}/configmaps`,
        query: {
          ...query,
          fieldSelector: ['metadata.name!=kube-root-ca.crt', query.fieldSelector]
            .filter(Boolean)
            .join(','),
        },
      })),
      {
        method: 'GET',
        path: `${core}/configmaps`,
        query: { labelSelector: 'tier' },
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      },
      {
        method: 'GET',
        path: `${core}/configmaps/one`,
        accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
      },
      { method: 'DELETE', path: `${core}/configmaps`, query: { labelSelector: 'tier=back' } },
      { method: 'GET', path: `${core}/configmaps`, query: { labelSelector: 'tier' } },
    ],
  },
  {
    name: 'generated names and unnamed objects',
    steps: [post(`${core}/configmaps`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} })],
  },
]
