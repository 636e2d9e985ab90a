import type { Json } from '../../../manifest/object.ts'
import type { Resource } from '../discovery/resources.ts'
import { StatusError } from '../status-error.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'
import { applyStrategicPatch } from './strategic-patch.ts'

const strategic = 'application/strategic-merge-patch+json'

/** The patch as a function, by its content type. */
export function patchWith(
  resource: Resource,
  contentType: string,
  patch: Json,
): (document: Json) => Json {
  const [type = ''] = contentType.split(';')
  if (type === 'application/json-patch+json') return (document) => applyJsonPatch(document, patch)
  if (type === 'application/merge-patch+json') return (document) => applyMergePatch(document, patch)
  if (type === strategic && resource.custom === undefined) {
    return (document) => applyStrategicPatch(document, patch, resource.schema)
  }
  if (resource.custom === undefined) {
    throw new StatusError('UnsupportedMediaType', '415: Unsupported Media Type', {})
  }
  const known =
    'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml'
  throw new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${known}`,
  )
}
