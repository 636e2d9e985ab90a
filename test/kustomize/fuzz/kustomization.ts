import { type AddFile, makeGenerator, makeOptions } from './generators.ts'
import { jsonPatch } from './json-patches.ts'
import type { Made } from './objects.ts'
import { exactTarget, mergePatch, selectorOf } from './patches.ts'
import { makeGeneratorPlugin, makeImage, makeTransformer } from './plugins.ts'
import { names, namespaces } from './pod.ts'
import type { Random } from './random.ts'
import type { Register } from './register.ts'
import { fieldPath, makeReplacement } from './replacements.ts'
import { anyText } from './scalars.ts'
import { makeCrds, makeOpenApi } from './schemas.ts'
import { type Fields, isFields, type Value, writeYaml } from './yaml-text.ts'

export type Scene = {
  readonly random: Random
  readonly made: readonly Made[]
  readonly addFile: AddFile
  readonly register: Register
}

type Field = readonly [probability: number, name: string, make: (scene: Scene) => Value]

const fields: readonly Field[] = [
  [
    0.25,
    'namespace',
    ({ random }) =>
      !random.risk(0.05) ? random.pick(namespaces) : random.pick<Value>([5, 'A b', null]),
  ],
  [0.2, 'namePrefix', ({ random }) => random.pick(['pre-', 'p.', 'x', '1-'])],
  [0.15, 'nameSuffix', ({ random }) => random.pick(['-suf', '.s', 'x', '-v1'])],
  [0.2, 'labels', ({ random }) => random.times(1, 2, () => makeLabel(random))],
  [0.12, 'commonLabels', ({ random }) => makePairs(random)],
  [0.12, 'commonAnnotations', ({ random }) => ({ ...makePairs(random), note: anyText(random) })],
  [0.2, 'images', ({ random }) => random.times(1, 2, () => makeImage(random))],
  [0.08, 'replicas', (scene) => [{ name: scaledName(scene), count: scene.random.int(9) }]],
  [0.35, 'patches', (scene) => scene.random.times(1, 3, () => makePatch(scene))],
  [0.1, 'patchesStrategicMerge', (scene) => scene.random.times(1, 2, () => mergeEntry(scene))],
  [0.08, 'patchesJson6902', (scene) => [json6902Entry(scene)]],
  [
    0.25,
    'configMapGenerator',
    (scene) => scene.random.times(1, 2, () => generatorEntry(scene, false)),
  ],
  [0.15, 'secretGenerator', (scene) => scene.random.times(1, 2, () => generatorEntry(scene, true))],
  [0.12, 'generatorOptions', ({ random }) => makeOptions(random)],
  [
    0.2,
    'replacements',
    ({ random, made, addFile }) =>
      random.times(1, 2, (at) => replacementEntry(random, made, addFile, at)),
  ],
  [0.08, 'vars', makeVars],
  [
    0.06,
    'configurations',
    ({ random, addFile }) => [addFile('config.yaml', writeYaml(random, makeConfiguration(random)))],
  ],
  [0.04, 'crds', ({ random, addFile }) => makeCrds(random, addFile)],
  [0.04, 'openapi', ({ random, addFile }) => makeOpenApi(random, addFile)],
  [0.03, 'imageTags', ({ random }) => [makeImage(random)]],
  [
    0.1,
    'transformers',
    ({ random, made, addFile }) =>
      random.times(1, 2, (at) =>
        inlineOrFile(random, addFile, `transformer-${at}.yaml`, makeTransformer(random, made)),
      ),
  ],
  [
    0.04,
    'generators',
    ({ random, addFile, register }) => [
      inlineOrFile(
        random,
        addFile,
        'generator.yaml',
        makeGeneratorPlugin(random, addFile, register),
      ),
    ],
  ],
  [
    0.02,
    'validators',
    ({ random, made, addFile }) => [
      inlineOrFile(random, addFile, 'validator.yaml', makeTransformer(random, made)),
    ],
  ],
  [0.06, 'sortOptions', ({ random }) => makeSort(random)],
  [
    0.08,
    'buildMetadata',
    ({ random }) =>
      random.some(
        [
          'originAnnotations',
          'transformerAnnotations',
          'managedByLabel',
          ...(random.risk(0.3) ? ['odd'] : []),
        ],
        0.5,
      ),
  ],
]

/** Everything of a kustomization file but what it loads. */
export function makeFields(scene: Scene): Fields {
  const { random, made } = scene
  const weight = random.pick([0.3, 0.6, 1, 1, 1.6])
  const chosen = fields.filter(([probability, name]) => {
    const needsObjects = /patch|replac|vars|transf|valid/i.test(name)
    const needsReplicas = name === 'replicas' && !random.risk(0.1)
    if (needsReplicas && made.every(({ kind }) => !scalable.includes(String(kind)))) return false
    return random.chance(probability * weight) && (made.length > 0 || !needsObjects)
  })
  return Object.fromEntries(
    chosen.map(([, name, make]) => [
      random.chance(0.995) ? name : random.risk(0.5) ? `${name}x` : name.toUpperCase(),
      make(scene),
    ]),
  )
}

function generatorEntry({ random, addFile, register }: Scene, isSecret: boolean): Fields {
  return makeGenerator(random, addFile, isSecret, register)
}

function makePairs(random: Random): Fields {
  return Object.fromEntries(
    random.times(1, 2, () => [
      random.pick(['app', 'team', 'example.com/part']),
      random.chance(0.9) ? random.pick(['web', 'blue', 'v1']) : anyText(random),
    ]),
  )
}

function makeLabel(random: Random): Fields {
  return {
    pairs: makePairs(random),
    includeSelectors: random.chance(0.35) ? random.chance(0.9) : undefined,
    includeTemplates: random.chance(0.25) ? random.chance(0.9) : undefined,
    fields: random.chance(0.12)
      ? [
          {
            path: random.pick(
              random.risk(0.6)
                ? ['spec/more/labels', 'spec/selector', 'spec/items/name']
                : ['metadata/x', 'spec/template/metadata/labels', 'spec/new/labels'],
            ),
            create: random.chance(0.6),
            kind: random.chance(0.5) ? 'Widget' : undefined,
          },
        ]
      : undefined,
  }
}

const scalable = ['Deployment', 'StatefulSet']

function scaledName({ random, made }: Scene): Value {
  const found = made.filter(({ kind }) => scalable.includes(String(kind)))
  const { metadata } = found.length > 0 ? random.pick(found) : {}
  return isFields(metadata) && !random.risk(0.1) ? metadata.name : random.pick(names)
}

function makePatch(scene: Scene): Fields {
  const { random, made, addFile } = scene
  const one = random.pick(made)
  const isJson = random.chance(0.45)
  const hasTarget = isJson || random.chance(0.3)
  const text = isJson ? jsonPatch(random, one) : patchText(scene, !hasTarget || random.risk(0.3))
  const options = random.chance(0.04)
    ? { [random.pick(['allowNameChange', 'allowKindChange'])]: true }
    : undefined
  // The hash of a generated object of another kind covers how its YAML was written, which nothing here keeps.
  const isExact = options !== undefined || (isJson && random.chance(0.8))
  const find = isExact ? exactTarget : selectorOf
  const target = hasTarget ? find(random, one) : undefined
  if (random.chance(0.6)) return { patch: text, target, options }
  return {
    path: addFile(`patch-${random.int(1e6)}.${isJson ? 'json' : 'yaml'}`, text),
    target,
    options,
  }
}

function patchText({ random, made }: Scene, canBeTwo: boolean): string {
  const count = canBeTwo && random.chance(0.1) ? 2 : 1
  return random
    .times(count, count, () => writeYaml(random, mergePatch(random, random.pick(made))))
    .join('---\n')
}

function mergeEntry(scene: Scene): string {
  const text = patchText(scene, true)
  return scene.random.chance(0.5)
    ? text
    : scene.addFile(`merge-${scene.random.int(1e6)}.yaml`, text)
}

function json6902Entry({ random, made, addFile }: Scene): Fields {
  const one = random.pick(made)
  const target = exactTarget(random, one)
  const text = jsonPatch(random, one)
  return random.chance(0.5) ? { target, patch: text } : { target, path: addFile('ops.yaml', text) }
}

function replacementEntry(
  random: Random,
  made: readonly Made[],
  addFile: AddFile,
  at: number,
): Fields {
  const entry = makeReplacement(random, made)
  if (random.chance(0.85)) return entry
  return {
    path: addFile(
      `replacement-${at}.yaml`,
      writeYaml(random, random.chance(0.5) ? [entry] : entry),
    ),
  }
}

function makeVars({ random, made, register }: Scene): readonly Fields[] {
  const names = ['NAME', 'HOST'].filter((name) => !register.vars.has(name) || random.risk(0.3))
  return names.slice(0, 1 + random.int(2)).map((name) => {
    register.vars.add(name)
    return makeVar(random, random.pick(made), name)
  })
}

function makeVar(random: Random, one: Made, name: string): Fields {
  const { name: objectName, namespace } = isFields(one.metadata) ? one.metadata : {}
  return {
    name,
    objref: {
      apiVersion: one.apiVersion,
      kind: one.kind,
      name: objectName,
      namespace: random.chance(0.5) ? namespace : undefined,
    },
    fieldref: random.chance(0.4)
      ? {
          fieldPath: fieldPath(random, one, (value) => !isFields(value)).replaceAll(
            /\.\[name=[^\]]*\]|\.(\d+)/g,
            (_, index) => `[${index ?? 0}]`,
          ),
        }
      : undefined,
  }
}

function makeConfiguration(random: Random): Fields {
  const spec = (path: string): Fields => ({
    path,
    kind: random.chance(0.6) ? 'Widget' : undefined,
    create: random.chance(0.3) ? true : undefined,
  })
  const all: Fields = {
    nameReference: [
      {
        kind: random.pick(['ConfigMap', 'Secret', 'Deployment', 'Widget']),
        version: random.chance(0.5) ? 'v1' : undefined,
        fieldSpecs: [
          {
            path: random.pick(['spec/configRef/name', 'spec/items/name', 'spec/configRef']),
            kind: 'Widget',
          },
        ],
      },
    ],
    namespace: [spec('spec/ns')],
    commonLabels: [spec('spec/labels')],
    commonAnnotations: [spec('spec/notes')],
    namePrefix: [spec('spec/image')],
    images: [spec('spec/image')],
    replicas: [spec('spec/size')],
    varReference: [
      spec(random.pick(['spec/items/value', 'spec/conf', 'spec/more', 'metadata/annotations'])),
    ],
    templateLabels: [spec('spec/template/labels')],
  }
  return Object.fromEntries(random.some(Object.entries(all), 0.35))
}

function inlineOrFile(random: Random, addFile: AddFile, name: string, text: string): string {
  return random.chance(0.5) ? text : addFile(name, text)
}

function makeSort(random: Random): Fields {
  const order = random.pick(['fifo', 'legacy', 'legacy', random.chance(0.1) ? 'odd' : 'fifo'])
  const isCustom = order === 'legacy' && random.chance(0.4)
  return {
    order,
    legacySortOptions: isCustom
      ? {
          orderFirst: random.some(['Service', 'Deployment', 'Widget'], 0.6),
          orderLast: random.some(['ConfigMap', 'Secret', 'Namespace'], 0.6),
        }
      : undefined,
  }
}
