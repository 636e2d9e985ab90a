import type { Json } from '../../manifest/object.ts'
import { BuildError } from '../build-error.ts'
import {
  readImage,
  readLabel,
  readPatch,
  readReplacement,
  readReplica,
  readSortOptions,
  readVar,
} from './entries.ts'
import { createFieldLines } from './field-line.ts'
import { type FieldFault, type Fields, openFields } from './fields.ts'
import { readGeneratorArgs, readGeneratorOptions, readSecretArgs } from './generator-entries.ts'
import type { KustomizationFile, ReplacementEntry } from './kustomization-file.ts'

const kustomizationVersion = 'kustomize.config.k8s.io/v1beta1'
const componentVersion = 'kustomize.config.k8s.io/v1alpha1'

/**
 * Reads the data of a kustomization file, whose text serves to tell lines: strict about fields and types, with the fix-ups of kustomize made. Throws one
 * error for all that is wrong; what is deprecated goes to `warnings`.
 */
export function readKustomization(
  value: Json,
  file: string,
  warnings: string[],
  text = '',
): KustomizationFile {
  return read(value, { path: file, text }, warnings, false)
}

/**
 * The same for the file that Flux rewrites before it builds: unknown fields get lost in silence, numbers may stand for strings, and
 * it may be empty.
 */
export function readRewrittenKustomization(
  value: Json,
  file: string,
  warnings: string[],
  text = '',
): KustomizationFile {
  return read(value, { path: file, text }, warnings, true)
}

function read(
  value: Json,
  { path, text }: { readonly path: string; readonly text: string },
  warnings: string[],
  isLenient: boolean,
): KustomizationFile {
  const faults: FieldFault[] = []
  const where = { field: '', faults, isLenient }
  const fields = openFields(value, isLenient ? { ...where, converts: 'direct' } : where)
  const kustomization = readAll(fields)
  const isEmpty = !isLenient && holdsNothing(fields)
  warnDeprecated(fields, warnings)
  checkType(fields, faults, isLenient)
  ignoreKnown(fields)
  fields.close()
  if (isEmpty && faults.length === 0) {
    faults.push({ field: '', message: 'the file is empty; list at least one resource' })
  }
  if (faults.length > 0) throw invalidFile(path, faults, text)
  return kustomization
}

function readAll(fields: Fields): KustomizationFile {
  const kind = fields.text('kind')
  return {
    kind: kind === '' ? 'Kustomization' : kind,
    resources: [...fields.texts('resources'), ...fields.texts('bases')],
    components: fields.texts('components'),
    configurations: fields.texts('configurations'),
    crds: fields.texts('crds'),
    openapi: fields.textMap('openapi'),
    configMapGenerator: fields.list('configMapGenerator', readGeneratorArgs),
    secretGenerator: fields.list('secretGenerator', readSecretArgs),
    generatorOptions: fields.optional('generatorOptions', readGeneratorOptions),
    helmCharts: [
      ...fields.list('helmCharts', readAny),
      ...fields.list('helmChartInflationGenerator', readAny),
    ],
    generators: fields.texts('generators'),
    transformers: fields.texts('transformers'),
    validators: fields.texts('validators'),
    ...readTransformers(fields),
  }
}

/** kustomize writes what the file says down again for its transformer, and leaves out a list without entries. */
function withoutEmptyTargets(entry: ReplacementEntry): ReplacementEntry {
  return entry.targets?.length === 0 ? { ...entry, targets: undefined } : entry
}

function readTransformers(
  fields: Fields,
): Pick<
  KustomizationFile,
  | 'namespace'
  | 'namePrefix'
  | 'nameSuffix'
  | 'labels'
  | 'commonLabels'
  | 'commonAnnotations'
  | 'patches'
  | 'patchesStrategicMerge'
  | 'patchesJson6902'
  | 'images'
  | 'imageTags'
  | 'replicas'
  | 'replacements'
  | 'vars'
  | 'sortOptions'
  | 'buildMetadata'
> {
  return {
    namespace: fields.text('namespace'),
    namePrefix: fields.text('namePrefix'),
    nameSuffix: fields.text('nameSuffix'),
    labels: fields.list('labels', readLabel),
    commonLabels: fields.textMap('commonLabels'),
    commonAnnotations: fields.textMap('commonAnnotations'),
    patches: fields.list('patches', readPatch),
    patchesStrategicMerge: fields.texts('patchesStrategicMerge'),
    patchesJson6902: fields.list('patchesJson6902', readPatch),
    images: fields.list('images', readImage),
    imageTags: fields.list('imageTags', readImage),
    replicas: fields.list('replicas', readReplica),
    replacements: fields.list('replacements', readReplacement).map(withoutEmptyTargets),
    vars: fields.list('vars', readVar),
    sortOptions: fields.optional('sortOptions', readSortOptions),
    buildMetadata: fields.texts('buildMetadata'),
  }
}

function readAny(value: Json): Json {
  return value
}

/** Fields that are read for their shape only. */
function ignoreKnown(fields: Fields): void {
  fields.optional('metadata', (value, where) => {
    const metadata = openFields(value, where)
    metadata.text('name')
    metadata.text('namespace')
    metadata.textMap('labels')
    metadata.textMap('annotations')
    metadata.close()
  })
  fields.any('helmGlobals')
}

/** Names that stand in the file for something even where they are an empty list or map. */
const meaningful = [
  'metadata openapi labels commonLabels commonAnnotations patchesStrategicMerge patchesJson6902 patches',
  'images replacements replicas vars sortOptions resources components crds configMapGenerator secretGenerator',
  'helmGlobals helmCharts generatorOptions configurations generators transformers validators buildMetadata',
]
  .join(' ')
  .split(' ')

function holdsNothing(fields: Fields): boolean {
  const texts = ['namespace', 'namePrefix', 'nameSuffix']
  const folded = ['bases', 'imageTags', 'helmChartInflationGenerator']
  return (
    texts.every((name) => fields.any(name) === undefined || fields.any(name) === '') &&
    folded.every((name) => isEmptyList(fields.any(name))) &&
    meaningful.every((name) => !fields.has(name))
  )
}

function isEmptyList(value: Json | undefined): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0)
}

const replacedBy: readonly (readonly [string, string, string])[] = [
  ['bases', 'resources', ''],
  ['commonLabels', 'labels', ''],
  ['imageTags', 'images', ''],
  ['patchesJson6902', 'patches', ''],
  ['patchesStrategicMerge', 'patches', ''],
  ['vars', 'replacements', '[EXPERIMENTAL] '],
]

function warnDeprecated(fields: Fields, warnings: string[]): void {
  for (const [name, replacement, mark] of replacedBy) {
    if (!fields.has(name)) continue
    warnings.push(
      `# Warning: '${name}' is deprecated. Please use '${replacement}' instead. ${mark}Run 'kustomize edit fix' to update your Kustomization automatically.`,
    )
  }
}

function checkType(fields: Fields, faults: FieldFault[], isRewritten: boolean): void {
  const kind = fields.text('kind') || 'Kustomization'
  const written = fields.text('apiVersion')
  const apiVersion = written === '' && isRewritten ? kustomizationVersion : written
  if (kind !== 'Kustomization' && kind !== 'Component') {
    faults.push({ field: 'kind', message: 'kind should be Kustomization or Component' })
  }
  const required = kind === 'Component' ? componentVersion : kustomizationVersion
  if (apiVersion !== '' && apiVersion !== required) {
    faults.push({
      field: 'apiVersion',
      message: `apiVersion for ${kind} should be ${required}${fluxHint(apiVersion)}`,
    })
  }
}

function fluxHint(apiVersion: string): string {
  if (!apiVersion.startsWith('kustomize.toolkit.fluxcd.io/')) return ''
  return '; a Kustomization of Flux needs another file name, and stands among the resources'
}

/** One error for all faults; `text` is the file's, for their lines. */
export function invalidFile(file: string, faults: readonly FieldFault[], text = ''): BuildError {
  const lineOf = createFieldLines(text)
  const lines = faults.map(({ field, message }) => {
    const line = lineOf(field)
    const place = [file, line && `line ${line}`, field].filter(Boolean)
    return [...place, message].join(': ')
  })
  return new BuildError('InvalidKustomizationFile', lines.join('\n'), { data: { file, faults } })
}
