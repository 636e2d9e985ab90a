import {
  apiVersionOf,
  isJsonObject,
  type Json,
  type JsonObject,
  textAt,
} from '../../manifest/object.ts'
import type { Resource } from './discovery/resources.ts'
import { textIn } from './json.ts'
import { invalid, invalidValue, StatusError } from './status-error.ts'
import { checkFields, type FieldFault, nameOfType } from './validate/check-fields.ts'
import { findValueFault, type ValueFault } from './validate/check-values.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export type Decoded = { readonly object: JsonObject; readonly warnings: readonly string[] }

/** Who an object says it is must be what the path says. */
export function checkTarget(
  object: JsonObject,
  namespace: string,
  name: string,
  isNamed = false,
): void {
  const ownName = textIn(object, 'metadata', 'name')
  if (isNamed && ownName === '') {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    )
  }
  if (name !== '' && ownName !== '' && ownName !== name) {
    throw badRequest(
      `the name of the object (${ownName}) does not match the name on the URL (${name})`,
    )
  }
  const own = textIn(object, 'metadata', 'namespace')
  if (namespace !== '' && own !== '' && own !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    )
  }
}

/** A body that creates or replaces: its kind, its types, and what is said about fields nobody knows. */
export function decodeObject(body: Json, resource: Resource, validation: FieldValidation): Decoded {
  if (!isJsonObject(body)) throw unrecognized(resource, body)
  for (const key of ['apiVersion', 'kind']) {
    const given = body[key] ?? ''
    if (typeof given !== 'string') throw wrongHead(resource, body, key, nameOfType(given))
  }
  const kind = textAt(body, 'kind') || resource.kind
  const apiVersion = textAt(body, 'apiVersion') || apiVersionOf(resource)
  if (kind !== resource.kind || apiVersion !== apiVersionOf(resource)) {
    throw wrongKind(resource, kind, apiVersion)
  }
  const object = { ...body, kind, apiVersion }
  return { object, warnings: validateFields(object, resource, validation) }
}

/** Warnings about unknown fields; throws where types are wrong, or where it is strict. */
export function validateFields(
  object: JsonObject,
  resource: Resource,
  validation: FieldValidation,
): readonly string[] {
  const faults = checkFields(object, resource.schema, 'index')
  const wrong = faults.find(({ kind }) => kind === 'type')
  if (wrong !== undefined && resource.custom === undefined) throw wrongType(resource, wrong)
  const illegible =
    resource.custom === undefined ? findValueFault(object, resource.schema) : undefined
  if (illegible !== undefined) throw unreadable(resource, illegible)
  const unknown = faults
    .filter(({ kind }) => kind === 'unknown')
    .map(({ steps }) => `unknown field ${JSON.stringify(joinSteps(steps))}`)
    .sort((a, b) => (resource.custom === undefined ? 0 : a < b ? -1 : 1))
  if (unknown.length === 0 || validation === 'Ignore') return []
  if (validation === 'Warn') return unknown
  const told = `strict decoding error: ${unknown.join(', ')}`
  throw badRequest(
    `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${told}`,
  )
}

/** What server-side apply cannot take: it knows every field that it merges. */
export function checkApplied(object: JsonObject, resource: Resource): void {
  const faults = checkFields(object, resource.schema, 'keys')
  if (faults.length === 0) {
    checkConverted(object, resource)
    return
  }
  const who = whoOf(object, resource)
  // The API server stops at the first it meets.
  const told = faults.slice(0, 1).map(describeFault).join('')
  throw new StatusError('InternalError', `failed to create typed patch object (${who}): ${told}`)
}

/** `namespace/name; group/version, Kind=K`, as the object itself says it. */
function whoOf(object: JsonObject, resource: Resource): string {
  const [namespace, name] = ['namespace', 'name'].map((key) => textIn(object, 'metadata', key))
  return `${namespace}/${name}; ${gvkOf(resource)}`
}

function gvkOf({ group, version, kind }: Resource): string {
  return `${group}/${version}, Kind=${kind}`
}

/** What was merged as plain data must be readable as the type that it is. */
function checkConverted(object: JsonObject, resource: Resource): void {
  if (resource.custom !== undefined) return
  const fault = findValueFault(object, resource.schema)
  if (fault === undefined) return
  const gvk = gvkOf(resource)
  const who = whoOf(object, resource)
  const told = fault.kind === 'base64' ? `error decoding from json: ${fault.told}` : fault.told
  throw new StatusError(
    'InternalError',
    `failed to convert new object (${who}) to proper version: unable to convert unstructured object to ${gvk}: ${told}`,
  )
}

/** What a patch leaves must be readable; that it is not is told of the patch, not of the object. */
export function checkPatched(object: JsonObject, resource: Resource): void {
  if (resource.custom !== undefined) return
  const fault = findValueFault(object, resource.schema)
  if (fault === undefined) return
  const cause = invalidValue('patch', JSON.stringify(object), fault.told)
  throw invalid({ group: '', plural: '', kind: '' }, '', [cause])
}

function describeFault({ steps, kind, expected, got }: FieldFault): string {
  const path = `.${joinSteps(steps)}`
  if (kind === 'unknown') return `${path}: field not declared in schema`
  if (kind === 'duplicate') return `${path}: duplicate entries for key ${got}`
  const wanted = expectations[expected] ?? expected
  return `${path}: expected ${wanted}, got ${got}`
}

const expectations: Readonly<Record<string, string>> = {
  integer: 'numeric (int or float)',
  number: 'numeric (int or float)',
}

function joinSteps(steps: readonly string[]): string {
  return steps.reduce(
    (path, step) => (step.startsWith('[') || path === '' ? `${path}${step}` : `${path}.${step}`),
    '',
  )
}

function badRequest(message: string): StatusError {
  return new StatusError('BadRequest', message)
}

function unrecognized(resource: Resource, body: Json): StatusError {
  const shown = JSON.stringify(body).slice(0, 200)
  return badRequest(
    `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: not an object (${shown})`,
  )
}

function wrongHead(resource: Resource, body: Json, key: string, got: string): StatusError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${got} into Go struct field .${key} of type string (${JSON.stringify(body).slice(0, 30)} ...)`,
  )
}

function wrongKind(resource: Resource, kind: string, apiVersion: string): StatusError {
  if (resource.custom !== undefined) {
    return badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(resource)})`,
    )
  }
  const version = apiVersion.slice(apiVersion.lastIndexOf('/') + 1)
  const expected = `${resource.group === '' ? 'core' : resource.group.split('.')[0]}.${resource.kind}`
  return badRequest(
    `${kind} in version "${version}" cannot be handled as a ${resource.kind}: converting (${version}.${kind}) to (${expected}): unknown conversion`,
  )
}

function unreadable(resource: Resource, { kind, steps, told }: ValueFault): StatusError {
  const holder = steps.length > 1 ? `${resource.kind}Spec` : resource.kind
  const field = `${holder}.${steps.join('.')}`
  const why =
    kind === 'number'
      ? `json: cannot unmarshal number ${told} into Go struct field ${field} of type int32`
      : told
  return badRequest(
    `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: ${why}`,
  )
}

function wrongType(resource: Resource, { steps, expected, got }: FieldFault): StatusError {
  const types: Readonly<Record<string, string>> = { boolean: 'bool', integer: 'int', map: 'object' }
  const field = `${resource.kind}.${joinSteps(steps)}`
  return badRequest(
    `${resource.kind} in version "${resource.version}" cannot be handled as a ${resource.kind}: json: cannot unmarshal ${got} into Go struct field ${field} of type ${types[expected] ?? expected}`,
  )
}
