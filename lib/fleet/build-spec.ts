import type { JsonObject } from '../manifest/object.ts'
import { type Fields, lengthRule } from './fields.ts'
import { readSelector } from './object-selector.ts'
import { optional } from './optional.ts'

/** The part of a Kustomization that is merged into the kustomization file. Source: the CRD. */
export type BuildSpec = {
  readonly targetNamespace?: string
  readonly namePrefix?: string
  readonly nameSuffix?: string
  readonly patches: readonly JsonObject[]
  readonly images: readonly JsonObject[]
  readonly components: readonly string[]
  readonly ignoreMissingComponents: boolean
  readonly buildMetadata?: readonly string[]
}

const namespaceRule = lengthRule({ least: 1, most: 63 })
const affixRule = lengthRule({ least: 1, most: 200 })

export function readBuildSpec(spec: Fields): BuildSpec {
  return {
    ...optional('targetNamespace', spec.text('targetNamespace', namespaceRule)),
    ...optional('namePrefix', spec.text('namePrefix', affixRule)),
    ...optional('nameSuffix', spec.text('nameSuffix', affixRule)),
    patches: spec.sections('patches').map(readPatch),
    images: spec.sections('images').map(readImage),
    components: spec.texts('components'),
    ignoreMissingComponents: spec.flag('ignoreMissingComponents') ?? false,
    ...optional('buildMetadata', readBuildMetadata(spec)),
  }
}

function readPatch(fields: Fields): JsonObject {
  const target = fields.section('target')
  return {
    patch: fields.requiredText('patch'),
    ...optional('target', target === undefined ? undefined : { ...readSelector(target) }),
  }
}

/** A tag such as 1.27 without quotes is a number, which Flux refuses too. */
function readImage(fields: Fields): JsonObject {
  return {
    name: fields.requiredText('name'),
    ...optional('newName', fields.text('newName')),
    ...optional('newTag', fields.text('newTag')),
    ...optional('digest', fields.text('digest')),
  }
}

function readBuildMetadata(spec: Fields): readonly string[] | undefined {
  if (!spec.has('buildMetadata')) return undefined
  const options = spec.texts('buildMetadata')
  const unknown = options.find((option) => !buildMetadata.includes(option))
  if (unknown === undefined) return options
  const remedy = `write ${buildMetadata.join(' or ')}`
  spec.fault('buildMetadata', `'${unknown.slice(0, 80)}' is unknown`, remedy)
  return undefined
}

const buildMetadata: readonly string[] = ['originAnnotations', 'transformerAnnotations']
