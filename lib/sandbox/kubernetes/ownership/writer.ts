import { apiVersionOf, type JsonObject } from '../../../manifest/object.ts'
import type { FieldValidation } from '../decode.ts'
import type { Resource } from '../discovery/resources.ts'
import type { World } from '../save.ts'
import { emptyOf } from '../tidy.ts'
import { emptySet, type FieldSet, setOfFields } from './field-set.ts'
import type { Writer } from './ownership.ts'

/** One write as the path and the query describe it. */
export type Write = {
  readonly resource: Resource
  readonly namespace: string
  /** Empty where a new object names itself. */
  readonly name: string
  readonly subresource: '' | 'status' | 'scale'
  readonly isDryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: FieldValidation
}

/** What a new object is compared with: a typed one is never quite empty. */
export function baseline({ resource }: Write): JsonObject {
  const typed = resource.custom === undefined ? emptyOf(resource.schema) : {}
  return { ...typed, apiVersion: apiVersionOf(resource), kind: resource.kind }
}

export function writerOf(world: World, write: Write): Writer {
  return {
    name: write.fieldManager,
    apiVersion: apiVersionOf(write.resource),
    subresource: write.subresource,
    // The scale's entries carry no time.
    time: write.subresource === 'scale' ? '' : world.timestamp(),
    ignored: ignoredBy(write),
  }
}

const statusOnly = setOfFields(['status'])
const allButStatus = setOfFields(['spec'], ['metadata', 'labels'])
const allButCustomStatus = setOfFields(['metadata'], ['spec'])

function ignoredBy({ resource, subresource }: Write): FieldSet {
  if (subresource === 'status') {
    return resource.custom === undefined ? allButStatus : allButCustomStatus
  }
  return resource.subresources.includes('status') ? statusOnly : emptySet
}
