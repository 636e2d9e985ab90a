import { BuildError } from '../build-error.ts'
import {
  noPatchOptions,
  readFieldSpec,
  readImage,
  readPatchOptions,
  readReplacement,
  readReplica,
  readSelector,
} from '../file/entries.ts'
import type { Fields } from '../file/fields.ts'
import { readMetadata } from '../generate/plugin-args.ts'
import type { Target, Transformer } from '../target.ts'
import { setAnnotations } from './annotations.ts'
import { appendHashes } from './hash.ts'
import { setImages } from './images.ts'
import { setLabels } from './labels.ts'
import { addNameAffix, type NameAffix } from './name-affix.ts'
import { type SubjectMode, setNamespace } from './namespace.ts'
import { compileJson6902, compilePatch, compileStrategicMerge } from './patches.ts'
import { compileReplacements } from './replacements.ts'
import { setReplicas } from './replicas.ts'
import { compileValueAdd } from './value-add.ts'

type Compile = (fields: Fields, target: Target) => Transformer

/** The builtin transformers, by the kind of the object that configures them. */
export const transformerPlugins: ReadonlyMap<string, Compile> = new Map<string, Compile>([
  ['AnnotationsTransformer', compileAnnotations],
  ['HashTransformer', () => appendHashes],
  ['ImageTagTransformer', compileImages],
  ['LabelTransformer', compileLabels],
  ['NamespaceTransformer', compileNamespace],
  ['PatchJson6902Transformer', compileJsonPatch],
  ['PatchStrategicMergeTransformer', compileMerge],
  ['PatchTransformer', compileAnyPatch],
  ['PrefixSuffixTransformer', compileBothAffixes],
  ['PrefixTransformer', compileAffix('prefix')],
  ['ReplacementTransformer', compileReplacement],
  ['ReplicaCountTransformer', compileReplicas],
  ['SuffixTransformer', compileAffix('suffix')],
  ['ValueAddTransformer', compileValueAdd],
])

function compileAnnotations(fields: Fields): Transformer {
  const annotations = fields.textMap('annotations')
  const specs = fields.list('fieldSpecs', readFieldSpec)
  return (list) => setAnnotations(list, annotations, specs)
}

function compileLabels(fields: Fields): Transformer {
  const labels = fields.textMap('labels')
  const specs = fields.list('fieldSpecs', readFieldSpec)
  return (list) => setLabels(list, labels, specs)
}

function compileImages(fields: Fields): Transformer {
  const image = fields.optional('imageTag', readImage)
  const specs = fields.list('fieldSpecs', readFieldSpec)
  const none = { name: '', newName: '', newTag: '', tagSuffix: '', digest: '' }
  return (list) => setImages(list, image ?? none, specs)
}

function compileNamespace(fields: Fields): Transformer {
  const { namespace } = readMetadata(fields)
  const specs = fields.list('fieldSpecs', readFieldSpec)
  const unsetOnly = fields.flag('unsetOnly')
  const subjects = readSubjectMode(fields.text('setRoleBindingSubjects'))
  return (list) => setNamespace(list, { namespace, specs, unsetOnly, subjects })
}

function readSubjectMode(mode: string): SubjectMode {
  if (mode === '') return 'defaultOnly'
  if (mode === 'defaultOnly' || mode === 'allServiceAccounts' || mode === 'none') return mode
  throw new BuildError(
    'InvalidTransformer',
    `setRoleBindingSubjects: '${mode}' is none of defaultOnly, allServiceAccounts and none`,
  )
}

function compileJsonPatch(fields: Fields, { session, place }: Target): Transformer {
  return compileJson6902(session, place, {
    path: fields.text('path'),
    patch: fields.text('jsonOp'),
    target: fields.optional('target', readSelector),
    ...noPatchOptions,
  })
}

function compileMerge(fields: Fields, { session, place }: Target): Transformer {
  const patches = fields.text('patches')
  return compileStrategicMerge(session, place, fields.texts('paths'), patches)
}

function compileAnyPatch(fields: Fields, { session, place }: Target): Transformer {
  const patch = {
    path: fields.text('path'),
    patch: fields.text('patch'),
    target: fields.optional('target', readSelector),
    ...(fields.optional('options', readPatchOptions) ?? noPatchOptions),
  }
  return compilePatch(session, place, patch, 'PatchTransformer')
}

function compileAffix(side: NameAffix['side']): Compile {
  return (fields) => {
    const text = fields.text(side)
    if (!fields.has('fieldSpecs')) {
      throw new BuildError('InvalidTransformer', `${side}: fieldSpecs are missing; list them`)
    }
    // Here, and only here, an entry that is null is none.
    const specs = fields
      .list('fieldSpecs', (value, where) => (value === null ? [] : [readFieldSpec(value, where)]))
      .flat()
    return (list) => addNameAffix(list, { side, text }, specs)
  }
}

function compileBothAffixes(fields: Fields, target: Target): Transformer {
  const addPrefix = compileAffix('prefix')(fields, target)
  const addSuffix = compileAffix('suffix')(fields, target)
  return (list) => {
    addPrefix(list)
    addSuffix(list)
  }
}

function compileReplacement(fields: Fields, { session, place }: Target): Transformer {
  // kustomize embeds what an entry says beside its path.
  const replacements = fields.list('replacements', (value, { field, faults }) =>
    readReplacement(value, { field, faults, isLenient: true }),
  )
  return compileReplacements(session, place, replacements)
}

function compileReplicas(fields: Fields): Transformer {
  const replica = fields.optional('replica', readReplica) ?? { name: '', count: 0 }
  const specs = fields.list('fieldSpecs', readFieldSpec)
  return (list) => setReplicas(list, replica, specs)
}
