import { isJsonObject, type Json } from '../../manifest/object.ts'
import type { ApiRequest } from './api.ts'
import { listAt, textIn } from './json.ts'
import { type Cause, forbiddenValue, invalid, invalidValue, StatusError } from './status-error.ts'
import { nameOfType } from './validate/check-fields.ts'
import { tooLong } from './validate/validate-metadata.ts'

/** Refuses what a write says of itself, beside its body: throws StatusError where the API server would. */
export function checkWriteOptions({ method, contentType, query }: ApiRequest): void {
  const kind = kinds[method]
  if (kind === undefined) return
  const isApply = contentType.startsWith('application/apply-patch')
  const isForced = method === 'PATCH' && !isApply && query.force === 'true'
  refuse(kind, [
    ...(isForced ? [forbiddenValue('force', 'may not be specified for non-apply patch')] : []),
    ...checkManager(query.fieldManager ?? ''),
    ...(query.dryRun === undefined ? [] : checkDryRun([query.dryRun])),
    ...checkValidation(query.fieldValidation ?? ''),
  ])
}

const kinds: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
}

/** Numbers of a list must be numbers. */
export function checkListOptions({
  limit = '',
  resourceVersion = '',
}: Readonly<Record<string, string>>): void {
  const why = (kind: string, text: string): string =>
    `strconv.${kind}: parsing ${JSON.stringify(text)}: invalid syntax`
  if (limit !== '' && !/^[-+]?\d{1,18}$/.test(limit)) {
    throw new StatusError('BadRequest', why('ParseInt', limit))
  }
  if (resourceVersion === '' || /^\d{1,19}$/.test(resourceVersion)) return
  const told = why('ParseUint', resourceVersion)
  const value = `Invalid value: ${JSON.stringify(resourceVersion)}: ${told}`
  throw new StatusError('BadRequest', `invalid resource version: resourceVersion: ${value}`)
}

/** Of a deletion: in its body, and in the query only where there is no body. */
export function checkDeleteOptions({ body, query }: ApiRequest): void {
  if (body !== undefined && !isJsonObject(body)) throw notOptions(body)
  const kind = textIn(body, 'kind')
  const version = textIn(body, 'apiVersion')
  if (kind !== '' && kind !== 'DeleteOptions') throw unknownKind(kind, version)
  const dryRun = query.dryRun === undefined ? [] : [query.dryRun]
  const policy =
    body === undefined ? (query.propagationPolicy ?? '') : textIn(body, 'propagationPolicy')
  refuse('DeleteOptions', [
    ...(policy === '' || policies.includes(policy)
      ? []
      : [unsupported('propagationPolicy', policy, [...policies, 'nil'])]),
    ...(policy !== '' && body?.orphanDependents !== undefined ? [twoPolicies(policy)] : []),
    ...checkDryRun(body === undefined ? dryRun : listAt(body, 'dryRun')),
  ])
}

const policies: readonly string[] = ['Foreground', 'Background', 'Orphan']

function twoPolicies(policy: string): Cause {
  const why = 'orphanDependents and deletionPropagation cannot be both set'
  return invalidValue('propagationPolicy', policy, why)
}

function checkManager(manager: string): readonly Cause[] {
  const field = 'fieldManager'
  const at = [...manager].findIndex((char) => /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(char))
  const code = [...manager][at]?.codePointAt(0) ?? 0
  const shown = code.toString(16).toUpperCase().padStart(4, '0')
  return [
    ...(manager.length > maxManagerBytes ? [tooLong(field, maxManagerBytes)] : []),
    ...(at < 0
      ? []
      : [invalidValue(field, manager, `invalid character U+${shown} (at position ${at})`)]),
  ]
}

const maxManagerBytes = 128

function checkDryRun(values: readonly Json[]): readonly Cause[] {
  return values.every((value) => value === 'All') ? [] : [unsupported('dryRun', values, ['All'])]
}

function checkValidation(value: string): readonly Cause[] {
  const known = ['', 'Ignore', 'Strict', 'Warn']
  return known.includes(value) ? [] : [unsupported('fieldValidation', value, known)]
}

export function unsupported(field: string, value: Json, known: readonly string[]): Cause {
  const supported = known.map((each) => JSON.stringify(each)).join(', ')
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`
  return { reason: 'FieldValueNotSupported', message, field }
}

function refuse(kind: string, causes: readonly Cause[]): void {
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', plural: '', kind }, '', causes)
}

function notOptions(body: Json): StatusError {
  const head =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
  return new StatusError(
    'BadRequest',
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${nameOfType(body)} into Go value of type ${head}`,
  )
}

function unknownKind(kind: string, version: string): StatusError {
  const scheme = 'in scheme "pkg/runtime/scheme.go:111"'
  return new StatusError(
    'BadRequest',
    `no kind "${kind}" is registered for version "${version}" ${scheme}`,
  )
}
