import { type Json, splitApiVersion } from '../../manifest/object.ts'
import type { FieldSpec } from '../fields/field-spec.ts'
import type { Gvk } from '../resource/resource-id.ts'
import { type Fields, openFields, type Where } from './fields.ts'
import type {
  FieldOptions,
  ImageEntry,
  LabelEntry,
  Patch,
  ReplacementEntry,
  ReplacementSource,
  ReplacementTarget,
  ReplicaEntry,
  Selector,
  SortOptions,
  Var,
} from './kustomization-file.ts'

/** Readers of what stands in the lists of a kustomization file; plugin configurations use them too. */
export function readLabel(value: Json, where: Where): LabelEntry {
  const fields = openFields(value, where)
  const label = {
    pairs: fields.textMap('pairs'),
    includeSelectors: fields.flag('includeSelectors'),
    includeTemplates: fields.flag('includeTemplates'),
    fields: fields.list('fields', readFieldSpec),
  }
  fields.close()
  return label
}

export function readFieldSpec(value: Json, where: Where): FieldSpec {
  const fields = openFields(value, where)
  const spec = { ...readGvk(fields), path: fields.text('path'), create: fields.flag('create') }
  fields.close()
  return spec
}

export function readGvk(fields: Fields): Gvk {
  return {
    group: fields.embeddedText('group'),
    version: fields.embeddedText('version'),
    kind: fields.embeddedText('kind'),
  }
}

export function readPatch(value: Json, where: Where): Patch {
  const fields = openFields(value, where)
  const patch = {
    path: fields.text('path'),
    patch: fields.text('patch'),
    target: fields.optional('target', readSelector),
    ...(fields.optional('options', readPatchOptions) ?? noPatchOptions),
  }
  fields.close()
  return patch
}

type PatchOptions = Pick<Patch, 'allowNameChange' | 'allowKindChange'>

export const noPatchOptions: PatchOptions = { allowNameChange: false, allowKindChange: false }

export function readPatchOptions(value: Json, where: Where): PatchOptions {
  const fields = openFields(value, where)
  const options = {
    allowNameChange: fields.flag('allowNameChange'),
    allowKindChange: fields.flag('allowKindChange'),
  }
  fields.close()
  return options
}

export function readSelector(value: Json, where: Where): Selector {
  const fields = openFields(value, where)
  const selector = {
    ...readGvk(fields),
    name: fields.embeddedText('name'),
    namespace: fields.embeddedText('namespace'),
    labelSelector: fields.text('labelSelector'),
    annotationSelector: fields.text('annotationSelector'),
  }
  fields.close()
  return selector
}

export function readImage(value: Json, where: Where): ImageEntry {
  const fields = openFields(value, where)
  const image = {
    name: fields.text('name'),
    newName: fields.text('newName'),
    newTag: fields.text('newTag'),
    tagSuffix: fields.text('tagSuffix'),
    digest: fields.text('digest'),
  }
  fields.close()
  return image
}

export function readReplica(value: Json, where: Where): ReplicaEntry {
  const fields = openFields(value, where)
  const replica = { name: fields.text('name'), count: fields.integer('count') }
  fields.close()
  return replica
}

export function readReplacement(value: Json, where: Where): ReplacementEntry {
  const fields = openFields(value, where)
  const replacement = {
    path: fields.text('path'),
    source: fields.optional('source', readReplacementSource),
    sourceValue: fields.optionalText('sourceValue'),
    targets: fields.has('targets') ? fields.list('targets', readReplacementTarget) : undefined,
  }
  fields.close()
  return replacement
}

function readReplacementSource(value: Json, where: Where): ReplacementSource {
  const fields = openFields(value, where)
  const source = {
    ...readGvk(fields),
    name: fields.embeddedText('name'),
    namespace: fields.embeddedText('namespace'),
    fieldPath: fields.text('fieldPath'),
    options: fields.optional('options', readFieldOptions),
  }
  fields.close()
  return source
}

function readReplacementTarget(value: Json, where: Where): ReplacementTarget {
  const fields = openFields(value, where)
  const target = {
    select: fields.optional('select', readSelector),
    reject: fields.list('reject', readReject),
    fieldPaths: fields.texts('fieldPaths'),
    options: fields.optional('options', readFieldOptions),
  }
  fields.close()
  return target
}

/** kustomize crashes where one is null. */
function readReject(value: Json, where: Where): Selector {
  if (value === null) {
    where.faults.push({ field: where.field, message: 'expected a map but found null; remove it' })
  }
  return readSelector(value, where)
}

function readFieldOptions(value: Json, where: Where): FieldOptions {
  const fields = openFields(value, where)
  const options = {
    delimiter: fields.text('delimiter'),
    index: fields.integer('index'),
    create: fields.flag('create'),
  }
  fields.text('encoding')
  fields.close()
  return options
}

export function readVar(value: Json, where: Where): Var {
  const fields = openFields(value, where)
  const name = fields.text('name')
  const objref = fields.optional('objref', readObjectReference) ?? noReference
  const fieldPath = fields.optional('fieldref', readFieldReference) ?? ''
  fields.close()
  return { name, objref, fieldPath: fieldPath === '' ? 'metadata.name' : fieldPath }
}

const noReference = { group: '', version: '', kind: '', name: '', namespace: '' }

function readObjectReference(value: Json, where: Where): Var['objref'] {
  const fields = openFields(value, where)
  const written = readGvk(fields)
  const apiVersion = fields.text('apiVersion')
  const reference = {
    ...written,
    ...groupAndVersion(apiVersion),
    name: fields.text('name'),
    namespace: fields.text('namespace'),
  }
  fields.close()
  return reference
}

/** `v1` leaves a group that is written beside it alone, and so does what has two slashes. */
function groupAndVersion(apiVersion: string): Partial<Gvk> {
  if (apiVersion === '') return {}
  const slashes = apiVersion.split('/').length - 1
  if (slashes === 0) return { version: apiVersion }
  return slashes === 1 ? splitApiVersion(apiVersion) : {}
}

function readFieldReference(value: Json, where: Where): string {
  const fields = openFields(value, where)
  const path = fields.text('fieldPath')
  fields.close()
  return path
}

export function readSortOptions(value: Json, where: Where): SortOptions {
  const fields = openFields(value, where)
  const options = {
    order: fields.text('order'),
    legacySortOptions: fields.optional('legacySortOptions', readLegacyOrder),
  }
  fields.close()
  return options
}

function readLegacyOrder(
  value: Json,
  where: Where,
): { orderFirst: readonly string[]; orderLast: readonly string[] } {
  const fields = openFields(value, where)
  const order = { orderFirst: fields.texts('orderFirst'), orderLast: fields.texts('orderLast') }
  fields.close()
  return order
}
