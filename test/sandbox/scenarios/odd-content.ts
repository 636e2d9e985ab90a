import type { Json, JsonObject } from '../../../lib/manifest/object.ts'
import {
  apply,
  apps,
  configMap,
  core,
  deployment,
  named,
  port,
  post,
  type Scenario,
  type Step,
  service,
  web,
} from './requests.ts'

const dry = { dryRun: 'All' }
const rbac = 'rbac.authorization.k8s.io'
const access = `/apis/${rbac}/v1/namespaces/NAMESPACE`

const about = (metadata: JsonObject): Step =>
  post(`${core}/configmaps`, { ...configMap('a'), metadata: { name: 'a', ...metadata } }, dry)
const labelled = (key: string, value: Json = 'x'): Step => about({ labels: { [key]: value } })
const annotated = (key: string, value: Json = 'x'): Step => about({ annotations: { [key]: value } })
const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'u' }

const keyed = (more: JsonObject): Step => post(`${core}/configmaps`, configMap('a', more), dry)
const secret = (more: JsonObject): JsonObject => named('v1', 'Secret', 's', more)
const hidden = (more: JsonObject): readonly Step[] => [
  post(`${core}/secrets`, secret(more), dry),
  apply(`${core}/secrets/s`, 'one', secret(more), dry),
]
const held = (a: string): readonly Step[] => hidden({ data: { a } })
const typed = (type: string, data: JsonObject = {}): readonly Step[] =>
  hidden({ type: `kubernetes.io/${type}`, data })

const role = (...rules: readonly JsonObject[]): Step =>
  post(`${access}/roles`, named(`${rbac}/v1`, 'Role', 'r', { rules }), dry)
const binding = (roleRef: JsonObject, ...subjects: readonly JsonObject[]): Step =>
  post(
    `${access}/rolebindings`,
    named(`${rbac}/v1`, 'RoleBinding', 'r', { roleRef, subjects }),
    dry,
  )
const toRole = { apiGroup: rbac, kind: 'Role', name: 'r' }

const rollout = (spec: JsonObject): Step => post(`${apps}/deployments`, deployment(spec), dry)
const container = (more: JsonObject): Step => post(`${apps}/deployments`, deployment({}, more), dry)
const pods = (spec: JsonObject): Step =>
  rollout({
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'nginx:1.27' }], ...spec },
    },
  })
const job = (policy: string, spec: JsonObject = {}): Step =>
  post(
    '/apis/batch/v1/namespaces/NAMESPACE/jobs',
    named('batch/v1', 'Job', 'j', {
      spec: {
        template: {
          spec: { restartPolicy: policy, containers: [{ name: 'c', image: 'x:1' }] },
        },
        ...spec,
      },
    }),
    dry,
  )
const served = (spec: JsonObject): Step => post(`${core}/services`, service(spec), dry)
const claim = (spec: JsonObject): Step =>
  post(`${core}/persistentvolumeclaims`, named('v1', 'PersistentVolumeClaim', 'c', { spec }), dry)
const storage = (storage: string): Step =>
  claim({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } })
const ingress = (spec: JsonObject): Step =>
  post(
    '/apis/networking.k8s.io/v1/namespaces/NAMESPACE/ingresses',
    named('networking.k8s.io/v1', 'Ingress', 'i', { spec }),
    dry,
  )
const led = (path: JsonObject): Step => ingress({ rules: [{ http: { paths: [path] } }] })
const toPort = { service: { name: 's', port: { number: 80 } } }
const remove = (body: Json): Step => ({
  method: 'DELETE',
  path: `${core}/configmaps/none`,
  body,
})
const list = (query: Readonly<Record<string, string>>): Step => ({
  method: 'GET',
  path: `${core}/configmaps`,
  query,
})

/** What a server refuses of single objects and requests, and what it lets pass; nothing of it is written. */
export const oddContent: readonly Scenario[] = [
  {
    name: 'odd labels and annotations',
    steps: [
      ...['b/c/d', '', 'Ex.com/a', 'x'.repeat(64), '/a', 'x.com/', `${'a'.repeat(254)}/a`].map(
        (key) => labelled(key),
      ),
      ...['not ok!', 'x'.repeat(64), '-x', '', 'é', 'A_b.c-1'].map((value) => labelled('a', value)),
      ...['b c', 'Ex.com/A', '', 'a/b/c'].map((key) => annotated(key)),
      annotated('a', 'x'.repeat(262_145)),
    ],
  },
  {
    name: 'odd finalizers and owners',
    steps: [
      ...[['a'], ['x.com/a', 'b c'], ['orphan', 'foregroundDeletion'], ['']].map((finalizers) =>
        about({ finalizers }),
      ),
      ...[{ kind: 'X' }, {}, { ...owner, kind: 'Event' }, { ...owner, apiVersion: 'a/b/c' }].map(
        (reference) => about({ ownerReferences: [reference] }),
      ),
      about({
        ownerReferences: [
          { ...owner, controller: true },
          { ...owner, name: 'b', uid: 'v', controller: true },
        ],
      }),
    ],
  },
  {
    name: 'odd keys and bytes',
    steps: [
      ...['b c', '..', '.', '..a', 'x'.repeat(254)].map((key) => keyed({ data: { [key]: '1' } })),
      keyed({ data: { a: '1' }, binaryData: { a: 'AA==' } }),
      keyed({ binaryData: { a: 'no base64!' } }),
      keyed({ data: { a: 'x'.repeat(1_048_577) } }),
      ...['plain text', 'MQ', 'é', 'MQ==x', 'MQ=x', 'M', '====', '-_=='].flatMap(held),
      ...['MQ=\n=', 'MQ==\n', 'MR==', ''].flatMap(held),
      ...hidden({ data: { 'b c': 'MQ==' } }),
    ],
  },
  {
    name: 'secrets that are not what their type says',
    steps: [
      ...['tls', 'dockerconfigjson', 'dockercfg', 'basic-auth', 'ssh-auth'].flatMap((type) =>
        typed(type),
      ),
      ...typed('service-account-token'),
      ...typed('tls', { 'tls.crt': 'MQ==' }),
      ...typed('basic-auth', { username: 'MQ==' }),
      ...['MQ==', 'eA==', 'e30='].flatMap((text) =>
        typed('dockerconfigjson', { '.dockerconfigjson': text }),
      ),
    ],
  },
  {
    name: 'odd roles and bindings',
    steps: [
      role({ apiGroups: [''], resources: ['pods'] }),
      role({ verbs: ['get'] }),
      role({ nonResourceURLs: ['/x'], verbs: ['get'] }),
      role({ apiGroups: [''], resources: ['pods'], nonResourceURLs: ['/x'], verbs: ['get'] }),
      binding({ ...toRole, kind: 'X' }),
      binding({ ...toRole, apiGroup: 'x' }),
      binding({}),
      binding(
        toRole,
        { kind: 'X', name: 'a' },
        { kind: 'User', apiGroup: rbac },
        { kind: 'User', name: 'u', apiGroup: 'x' },
        { kind: 'ServiceAccount', name: 'A b', namespace: 'x', apiGroup: 'y' },
      ),
    ],
  },
  {
    name: 'odd workloads',
    steps: [
      ...[{ replicas: -1 }, { replicas: 99_999_999_999 }, { minReadySeconds: -1 }].map(rollout),
      ...[{ minReadySeconds: 700 }, { progressDeadlineSeconds: 0 }].map(rollout),
      rollout({ revisionHistoryLimit: -1 }),
      rollout({ selector: {} }),
      ...[{ operator: 'X' }, { operator: 'In' }, { operator: 'Exists', values: ['a'] }].map(
        (expression) =>
          rollout({ selector: { matchExpressions: [{ key: 'app', ...expression }] } }),
      ),
      ...[
        { maxSurge: 0, maxUnavailable: 0 },
        { maxUnavailable: 'x' },
        { maxUnavailable: '150%' },
      ].map((rollingUpdate) => rollout({ strategy: { type: 'RollingUpdate', rollingUpdate } })),
      ...[{ name: 'A b' }, { env: [{ name: 'a=b' }] }, { livenessProbe: {} }].map(container),
      container({ ports: [{ containerPort: 80, name: 'toolongnameforaport' }] }),
      container({ resources: { limits: { cpu: 'x' } } }),
      container({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } }),
      container({ resources: { requests: { cpu: '-1' } } }),
      apply(web, 'one', deployment({}, { resources: { limits: { memory: '1 Gi' } } }), dry),
      pods({ restartPolicy: 'Never' }),
      pods({
        containers: [
          { name: 'c', image: 'x:1' },
          { name: 'c', image: 'x:2' },
        ],
      }),
      job(''),
      job('Always'),
      job('Never', { parallelism: -1, completions: -1, backoffLimit: -1 }),
    ],
  },
  {
    name: 'odd services and claims',
    steps: [
      ...[{ targetPort: 'x y' }, { name: 'A' }, { nodePort: 1 }, { targetPort: 99_999 }].map(
        (more) => served({ ports: [port(80, more)] }),
      ),
      ...[{ protocol: 'X' }].map((more) => served({ ports: [port(80, more)] })),
      served({ type: 'ExternalName' }),
      served({ type: 'ExternalName', externalName: 'x y' }),
      served({ clusterIP: 'x', ports: [port(80)] }),
      served({ clusterIP: 'None', type: 'LoadBalancer', ports: [port(80)] }),
      served({ ports: [port(80)], selector: { 'b c': 'x' } }),
      served({ ports: [port(80, { name: 'a' }), port(80, { name: 'b' })] }),
      claim({}),
      claim({ accessModes: ['X'], resources: { requests: { storage: '1Gi' } } }),
      ...['0', 'x', '10Xi', ''].map(storage),
    ],
  },
  {
    name: 'items that stand twice in what is applied',
    steps: [
      apply(`${core}/configmaps/a`, 'one', {
        ...configMap('a'),
        metadata: { name: 'a', finalizers: ['x.com/a', 'x.com/a'] },
      }),
      apply(`${core}/services/web`, 'one', service({ ports: [port(80, { name: 'a' }), port(80)] })),
      apply(web, 'one', {
        ...deployment({
          template: {
            metadata: { labels: { app: 'web' } },
            spec: {
              containers: [
                { name: 'c', image: 'x:1' },
                { name: 'c', image: 'x:2' },
              ],
            },
          },
        }),
      }),
      apply(
        web,
        'one',
        deployment(
          {},
          {
            env: [
              { name: 'A', value: '1' },
              { name: 'A', value: '2' },
            ],
          },
        ),
      ),
    ],
  },
  {
    name: 'odd ingresses',
    steps: [
      ingress({}),
      ingress({ rules: [{ host: 'a.example.com' }] }),
      ingress({ rules: [{ http: {} }] }),
      ingress({ defaultBackend: { service: { name: 's', port: {} } } }),
      led({ path: '/', pathType: 'Prefix', backend: { service: { name: 's', port: {} } } }),
      led({ path: 'x', pathType: 'Prefix', backend: toPort }),
      led({ path: 'x', pathType: 'ImplementationSpecific', backend: toPort }),
      led({ path: '/', pathType: 'Prefix', backend: toPort }),
    ],
  },
  {
    name: 'odd requests',
    steps: [
      ...[{ dryRun: 'x' }, { fieldValidation: 'x' }, { fieldManager: 'x'.repeat(129) }].map(
        (query) => post(`${core}/configmaps`, configMap('a'), query),
      ),
      post(`${core}/configmaps`, configMap('a'), { fieldManager: 'a\nb' }),
      post(`${core}/configmaps`, configMap('a', { apiVersion: 1 })),
      post(`${core}/configmaps`, configMap('a', { kind: 1 })),
      apply(`${core}/configmaps/z`, 'x'.repeat(129), configMap('z'), { fieldValidation: 'x' }),
      {
        method: 'PATCH',
        path: `${core}/configmaps/z`,
        contentType: 'application/merge-patch+json',
        query: { force: 'true' },
        body: {},
      },
      {
        method: 'PUT',
        path: `${core}/configmaps/z`,
        body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} },
      },
      ...[
        { propagationPolicy: 'X' },
        { kind: 'X', apiVersion: 'v1' },
        { dryRun: ['x'] },
        'x',
        [],
      ].map(remove),
      remove({ orphanDependents: true, propagationPolicy: 'Background' }),
      list({ limit: 'x' }),
      list({ resourceVersion: 'x' }),
    ],
  },
]
