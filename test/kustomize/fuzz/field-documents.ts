/** A document whose fields are to be tried, and the files that a build with it needs. */
export type FieldDocument = {
  readonly document: Part
  readonly toFiles: (text: string) => Readonly<Record<string, string>>
}

export type Part = string | number | boolean | readonly Part[] | { readonly [key: string]: Part }

/** Plugins, entries of kustomizations, and files that they name; each builds as it stands. */
export function fieldDocuments(): FieldDocument[] {
  const inKustomization = kustomizations.map((document) => ({
    document: { resources: ['r.yaml'], ...document },
    toFiles: (text: string) => ({ ...sharedFiles, 'kustomization.yaml': `${text}\n` }),
  }))
  const inPlugin = (field: 'transformers' | 'generators', documents: readonly Part[]) =>
    documents.map((document) => ({
      document,
      toFiles: (text: string) => ({
        ...sharedFiles,
        'plugin.yaml': `${text}\n`,
        'kustomization.yaml': `resources: [r.yaml]\n${field}: [plugin.yaml]\n`,
      }),
    }))
  const inFile = Object.entries(namedFiles).map(([name, { document, kustomization }]) => ({
    document,
    toFiles: (text: string) => ({
      ...sharedFiles,
      [name]: `${text}\n`,
      'kustomization.yaml': `resources: [r.yaml]\n${kustomization}\n`,
    }),
  }))
  return [
    ...inKustomization,
    ...inPlugin('transformers', transformers),
    ...inPlugin('generators', generators),
    ...inFile,
  ]
}

const labelSpecs = [
  { path: 'metadata/labels', create: true, group: '', version: 'v1', kind: 'ConfigMap' },
]

const selector = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  name: 'a',
  namespace: 'default',
  labelSelector: 'l=m',
  annotationSelector: 'n=o',
}

const replacement = {
  source: {
    ...{ group: '', version: 'v1', kind: 'ConfigMap', name: 'a', namespace: 'default' },
    fieldPath: 'data.x',
    options: { delimiter: '/', index: 0 },
  },
  targets: [
    {
      select: { kind: 'Deployment', name: 'b' },
      reject: [{ name: 'zz', kind: 'Q' }],
      fieldPaths: ['metadata.name'],
      options: { create: true, delimiter: '-', index: 0 },
    },
  ],
}

const fixed = {
  sourceValue: 'v',
  targets: [
    {
      select: { kind: 'Deployment' },
      fieldPaths: ['metadata.annotations.x'],
      options: { create: true },
    },
  ],
}

const jsonPatch = '[{"op":"add","path":"/metadata/labels","value":{"p":"q"}}]'

const valueTargets = [
  { selector, fieldPath: 'data/x', filePathPosition: 1, notSelector: { name: 'q' } },
]

function plugin(
  kind: string,
  fields: { readonly [key: string]: Part },
  metadata: { readonly [key: string]: Part } = {},
): Part {
  return { apiVersion: 'builtin', kind, metadata: { name: 'p', ...metadata }, ...fields }
}

const image = { name: 'nginx', newName: 'x', newTag: '2', tagSuffix: '' }

const transformers: readonly Part[] = [
  plugin('AnnotationsTransformer', {
    annotations: { a: 'b' },
    fieldSpecs: [{ path: 'metadata/annotations', create: true }],
  }),
  plugin('LabelTransformer', { labels: { a: 'b' }, fieldSpecs: labelSpecs }),
  plugin(
    'NamespaceTransformer',
    {
      fieldSpecs: [{ path: 'metadata/namespace', create: true }],
      unsetOnly: false,
      setRoleBindingSubjects: 'none',
    },
    { namespace: 'z' },
  ),
  plugin('PrefixTransformer', { prefix: 'p-', fieldSpecs: [{ path: 'metadata/name' }] }),
  plugin('SuffixTransformer', {
    suffix: '-s',
    fieldSpecs: [{ path: 'metadata/name', kind: 'Service' }],
  }),
  plugin('ImageTagTransformer', {
    imageTag: image,
    fieldSpecs: [{ path: 'spec/template/spec/containers[]/image' }],
  }),
  plugin('ImageTagTransformer', { imageTag: { name: 'nginx', digest: 'sha256:12' } }),
  plugin('ReplicaCountTransformer', {
    replica: { name: 'b', count: 3 },
    fieldSpecs: [{ path: 'spec/replicas', kind: 'Deployment', create: true }],
  }),
  plugin('PatchTransformer', {
    patch: jsonPatch,
    target: selector,
    options: { allowNameChange: true, allowKindChange: false },
  }),
  plugin('PatchTransformer', { path: 'patch.json', target: { kind: 'ConfigMap' } }),
  plugin('PatchJson6902Transformer', { jsonOp: jsonPatch, target: selector }),
  plugin('PatchStrategicMergeTransformer', { paths: ['merge.yaml'], patches: '' }),
  plugin('ReplacementTransformer', { replacements: [replacement] }),
  plugin('ReplacementTransformer', { replacements: [fixed] }),
  plugin('ReplacementTransformer', { replacements: [{ path: 'replacement.yaml' }] }),
  plugin('ValueAddTransformer', { value: 'v', targets: valueTargets }),
]

const generators: readonly Part[] = [
  plugin('ConfigMapGenerator', {
    ...{ name: 'g', namespace: 'n', behavior: 'create', env: 'e.env' },
    ...{ literals: ['a=b'], files: ['f=patch.json'], envs: ['e.env'] },
    options: { labels: { a: 'b' }, annotations: { c: 'd' }, immutable: true },
  }),
  plugin('SecretGenerator', { name: 'g', type: 'Opaque', literals: ['a=b'] }),
  plugin(
    'ConfigMapGenerator',
    { literals: ['a=b'] },
    { namespace: 'q', labels: { a: 'b' }, annotations: { c: 'd' } },
  ),
  plugin('IAMPolicyGenerator', {
    cloud: 'gke',
    kubernetesService: { namespace: 'n', name: 'k' },
    serviceAccount: { name: 's', projectId: 'p' },
  }),
]

const kustomizations: readonly { readonly [key: string]: Part }[] = [
  { namePrefix: 'a-', nameSuffix: '-b', namespace: 'n' },
  {
    labels: [
      {
        pairs: { a: 'b' },
        includeSelectors: false,
        includeTemplates: true,
        fields: [{ path: 'spec/x', create: true, kind: 'Service' }],
      },
    ],
    commonAnnotations: { c: 'd' },
    commonLabels: { a: 'b' },
  },
  { images: [image], replicas: [{ name: 'b', count: 2 }] },
  {
    patches: [{ patch: jsonPatch, target: selector, options: { allowNameChange: true } }],
  },
  {
    patches: [{ path: 'patch.json', target: { kind: 'ConfigMap' } }],
    patchesStrategicMerge: ['merge.yaml'],
    patchesJson6902: [
      { target: { version: 'v1', kind: 'ConfigMap', name: 'a' }, path: 'patch.json' },
    ],
  },
  {
    configMapGenerator: [
      {
        ...{ name: 'g', namespace: 'n', behavior: 'create' },
        ...{ literals: ['a=b'], files: ['f=patch.json'], envs: ['e.env'] },
        options: { labels: { a: 'b' }, disableNameSuffixHash: true, immutable: true },
      },
    ],
    secretGenerator: [{ name: 'g', type: 'Opaque', literals: ['a=b'] }],
    generatorOptions: { labels: { a: 'b' }, disableNameSuffixHash: false },
  },
  { replacements: [replacement, { path: 'replacement.yaml' }] },
  { replacements: [fixed] },
  {
    vars: [
      {
        name: 'V',
        objref: { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace: 'default' },
        fieldref: { fieldPath: 'data.x' },
      },
    ],
  },
  {
    sortOptions: {
      order: 'legacy',
      legacySortOptions: { orderFirst: ['Service'], orderLast: ['ConfigMap'] },
    },
    buildMetadata: ['originAnnotations'],
    metadata: { name: 'x', labels: { a: 'b' }, annotations: { c: 'd' } },
  },
  { configurations: ['config.yaml'], crds: ['crd.json'], openapi: { path: 'openapi.json' } },
]

const config = {
  namePrefix: [{ path: 'metadata/name', kind: 'Service' }],
  commonLabels: [{ path: 'x/y', create: true, group: '', version: 'v1', kind: 'ConfigMap' }],
  nameReference: [
    {
      ...{ kind: 'ConfigMap', version: 'v1', group: '' },
      fieldSpecs: [{ path: 'spec/cm', kind: 'Deployment' }],
    },
  ],
  varReference: [{ path: 'data/x', kind: 'ConfigMap' }],
  images: [{ path: 'spec/img' }],
}

const namedFiles: Readonly<Record<string, { document: Part; kustomization: string }>> = {
  'replacement.yaml': {
    document: replacement,
    kustomization: 'replacements: [{path: replacement.yaml}]',
  },
  'config.yaml': {
    document: config,
    kustomization: 'configurations: [config.yaml]\nnamePrefix: x-',
  },
  'targets.yaml': {
    document: { targets: valueTargets },
    kustomization: `transformers: ['${JSON.stringify(
      plugin('ValueAddTransformer', { value: 'v', targetFilePath: 'targets.yaml' }),
    )}']`,
  },
}

const resources = `apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {l: m}, annotations: {n: o}}
data: {x: c/d, "5": z, "true": q}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b}
spec: {replicas: 1, template: {metadata: {labels: {l: m}}, spec: {containers: [{name: c, image: "nginx:1", args: ["$(V)"]}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: "5"}
spec: {selector: {l: m}}
`

const sharedFiles: Readonly<Record<string, string>> = {
  'r.yaml': resources,
  'patch.json': `${jsonPatch}\n`,
  'merge.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {sm: sm}\n',
  'replacement.yaml': JSON.stringify(replacement),
  'config.yaml': JSON.stringify(config),
  'e.env': 'E=F\n',
  '5': 'x: y\n',
  'crd.json': '{}\n',
  'openapi.json': '{"definitions":{}}\n',
}
