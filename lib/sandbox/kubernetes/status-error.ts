import type { Json, JsonObject } from '../../manifest/object.ts'
import { DriftlessError } from '../../status/error.ts'

/** Reasons as a Kubernetes Status spells them; `InternalError` is written as an empty one where the server does so. */
export type StatusReason =
  | 'AlreadyExists'
  | 'BadRequest'
  | 'Conflict'
  | 'Expired'
  | 'Forbidden'
  | 'InternalError'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'NotFound'
  | 'UnsupportedMediaType'

export type Cause = { readonly reason: string; readonly message: string; readonly field: string }

const statuses: Readonly<Record<StatusReason, number>> = {
  AlreadyExists: 409,
  BadRequest: 400,
  Conflict: 409,
  Expired: 410,
  Forbidden: 403,
  InternalError: 500,
  Invalid: 422,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  NotFound: 404,
  UnsupportedMediaType: 415,
}

/** A refusal of the API; `status` and `body` are the answer. */
export class StatusError extends DriftlessError<StatusReason> {
  readonly status: number
  readonly body: JsonObject

  /** `why` is for whoever debugs the stand-in; a server keeps it to itself. */
  constructor(code: StatusReason, message: string, details?: JsonObject, why?: string) {
    super('ReconciliationFailed', code, message, why === undefined ? {} : { data: { why } })
    this.status = statuses[code]
    this.body = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(code === 'InternalError' ? {} : { reason: code }),
      ...(details === undefined ? {} : { details }),
      code: this.status,
    }
  }
}

export type Target = { readonly group: string; readonly plural: string; readonly kind: string }

export function notFound(target: Target, name: string): StatusError {
  const message = `${qualified(target)} "${name}" not found`
  return new StatusError('NotFound', message, detailsOf(target, name))
}

/** No such path: neither the group nor the resource is served. */
export function notServed(): StatusError {
  return new StatusError('NotFound', 'the server could not find the requested resource', {})
}

export function alreadyExists(target: Target, name: string): StatusError {
  const message = `${qualified(target)} "${name}" already exists`
  return new StatusError('AlreadyExists', message, detailsOf(target, name))
}

export function conflict(target: Target, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(target)} "${name}": ${why}`
  return new StatusError('Conflict', message, detailsOf(target, name))
}

export const staleVersion: string =
  'the object has been modified; please apply your changes to the latest version and try again'

export function forbidden(
  target: Target,
  name: string,
  why: string,
  causes: readonly Cause[] = [],
): StatusError {
  const message = `${qualified(target)} "${name}" is forbidden: ${why}`
  return new StatusError('Forbidden', message, {
    ...detailsOf(target, name),
    ...(causes.length === 0 ? {} : { causes }),
  })
}

/** Several faults are told as a list in brackets, one stands alone. */
export function invalid(target: Target, name: string, causes: readonly Cause[]): StatusError {
  const texts = causes.map(({ field, message }) => `${field}: ${message}`)
  const told = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  const kind = target.group === '' ? target.kind : `${target.kind}.${target.group}`
  return new StatusError('Invalid', `${kind} "${name}" is invalid: ${told}`, {
    ...(name === '' ? {} : { name }),
    ...(target.group === '' ? {} : { group: target.group }),
    kind: target.kind,
    causes,
  })
}

export function invalidValue(field: string, value: Json, why: string): Cause {
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
    field,
  }
}

export function requiredValue(field: string, why = ''): Cause {
  const message = why === '' ? 'Required value' : `Required value: ${why}`
  return { reason: 'FieldValueRequired', message, field }
}

export function forbiddenValue(field: string, why: string): Cause {
  return { reason: 'FieldValueForbidden', message: `Forbidden: ${why}`, field }
}

function qualified({ group, plural }: Target): string {
  return group === '' ? plural : `${plural}.${group}`
}

function detailsOf({ group, plural }: Target, name: string): JsonObject {
  return { name, ...(group === '' ? {} : { group }), kind: plural }
}
