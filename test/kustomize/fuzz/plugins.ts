import type { AddFile } from './generators.ts'
import { makeGenerator } from './generators.ts'
import { jsonPatch } from './json-patches.ts'
import type { Made } from './objects.ts'
import { exactTarget, mergePatch, selectorOf } from './patches.ts'
import { images, names, namespaces } from './pod.ts'
import type { Random } from './random.ts'
import type { Register } from './register.ts'
import { makeReplacement } from './replacements.ts'
import { type Fields, isFields, type Value, writeYaml } from './yaml-text.ts'

type Plugin = (random: Random, made: readonly Made[]) => Fields

const specs: readonly Fields[] = [
  { path: 'metadata/labels', create: true },
  { path: 'metadata/annotations', create: true },
  { path: 'spec/template/metadata/labels', create: true, kind: 'Deployment' },
  { path: 'spec/selector', version: 'v1', kind: 'Service' },
  { path: 'spec/more', create: true, kind: 'Widget' },
]

const transformers: readonly Plugin[] = [
  (random) => ({
    kind: 'AnnotationsTransformer',
    annotations: { by: 'plugin' },
    fieldSpecs: [{ path: 'metadata/annotations', create: random.chance(0.8) }],
  }),
  (random) => ({
    kind: 'LabelTransformer',
    labels: { by: 'plugin' },
    fieldSpecs: random.some(specs, 0.5),
  }),
  (random) => ({
    kind: 'PrefixTransformer',
    prefix: 'pt-',
    fieldSpecs: random.some(
      [{ path: 'metadata/name' }, { path: 'spec/image', kind: 'Widget' }],
      0.7,
    ),
  }),
  (random) => ({
    kind: 'SuffixTransformer',
    suffix: '-st',
    fieldSpecs: random.some([{ path: 'metadata/name' }], 0.9),
  }),
  (random) => ({
    kind: 'NamespaceTransformer',
    metadata: { name: 'n', namespace: random.pick(namespaces) },
    unsetOnly: random.chance(0.4) ? true : undefined,
    setRoleBindingSubjects: random.chance(0.5)
      ? random.pick([
          'none',
          'allServiceAccounts',
          'defaultOnly',
          random.risk(0.2) ? 'odd' : 'none',
        ])
      : undefined,
    fieldSpecs: random.chance(0.7) ? [{ path: 'metadata/namespace', create: true }] : undefined,
  }),
  (random) => ({
    kind: 'ImageTagTransformer',
    imageTag: makeImage(random),
    fieldSpecs: random.chance(0.4) ? [{ path: 'spec/image' }] : undefined,
  }),
  (random, made) => ({
    kind: 'ReplicaCountTransformer',
    replica: { name: scaled(random, made), count: 7 },
    fieldSpecs: [{ path: 'spec/replicas', create: true, kind: 'Deployment' }],
  }),
  (random, made) => ({
    kind: 'PatchTransformer',
    ...targeted(random, random.pick(made), 'patch'),
  }),
  (random, made) => ({
    kind: 'PatchTransformer',
    patch: writeYaml(random, mergePatch(random, random.pick(made))),
  }),
  (random, made) => ({
    kind: 'PatchStrategicMergeTransformer',
    patches: writeYaml(random, mergePatch(random, random.pick(made))),
  }),
  (random, made) => ({
    kind: 'PatchJson6902Transformer',
    ...targeted(random, random.pick(made), 'jsonOp'),
  }),
  (random, made) => ({
    kind: 'ReplacementTransformer',
    replacements: [makeReplacement(random, made)],
  }),
  (random) => ({
    kind: 'ValueAddTransformer',
    value: 'added',
    targetFilePath: undefined,
    targets: [
      {
        fieldPath: random.pick(['metadata/labels/x', 'spec/more', 'metadata/namespace']),
        filePathPosition: random.chance(0.2) ? 1 : undefined,
      },
    ],
  }),
  () => ({ kind: 'HashTransformer' }),
]

function targeted(random: Random, one: Made, field: 'patch' | 'jsonOp'): Fields {
  const target = random.risk(0.4) ? selectorOf(random, one) : exactTarget(random, one)
  return { [field]: jsonPatch(random, one), target }
}

function scaled(random: Random, made: readonly Made[]): Value {
  const found = made.filter(({ kind }) => kind === 'Deployment')
  const { metadata } = found.length > 0 ? random.pick(found) : {}
  return isFields(metadata) ? metadata.name : random.pick(names)
}

/** The text of a transformer's configuration, now and then more than one. */
export function makeTransformer(random: Random, made: readonly Made[]): string {
  return random
    .times(1, random.chance(0.15) ? 2 : 1, (at) => {
      const { kind, metadata, ...rest } = random.pick(transformers)(random, made)
      return writeYaml(random, {
        apiVersion: !random.risk(0.05) ? 'builtin' : 'example.com/v1',
        kind,
        metadata: metadata ?? { name: `plugin-${random.risk(0.2) ? at : random.int(1e6)}` },
        ...rest,
      })
    })
    .join('---\n')
}

export function makeGeneratorPlugin(random: Random, addFile: AddFile, register: Register): string {
  const isSecret = random.chance(0.4)
  const entry = makeGenerator(random, addFile, isSecret, register)
  const { name, namespace, options, behavior, ...rest } = entry
  return writeYaml(random, {
    apiVersion: 'builtin',
    kind: isSecret ? 'SecretGenerator' : 'ConfigMapGenerator',
    metadata: {
      name,
      namespace,
      annotations: random.chance(0.1)
        ? { 'kustomize.config.k8s.io/needs-hash': 'true' }
        : undefined,
    },
    behavior,
    options,
    ...rest,
  })
}

export function makeImage(random: Random): Fields {
  const digest = random.chance(0.2) ? 'sha256:cafe' : undefined
  return {
    name: random.chance(0.85)
      ? random.pick(images).replace(/(:[\w.]+)?(@.*)?$/, '')
      : random.pick(['ngin.', '.*', 'nobody', 'nginx:1.2', 'nginx*', 'web+', 'a/.*']),
    newName: random.chance(0.4)
      ? random.pick(['mirror.example.com/nginx', 'nginx', 'x:5000/y', 'api'])
      : undefined,
    newTag: random.chance(0.6)
      ? random.pick<Value>(['1.25', 'latest', 'v2', '', '1e3'])
      : undefined,
    digest,
    tagSuffix: random.chance(0.1) ? '-slim' : undefined,
  }
}
