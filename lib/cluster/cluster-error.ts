import { isJsonObject, type Json, textAt } from '../manifest/object.ts'
import { DriftlessError, type FaultDetails } from '../status/error.ts'
import type { ClusterResponse } from './transport.ts'

/** There was no answer, or none that could be read. */
type TransportCode =
  | 'Unreachable'
  | 'TimedOut'
  | 'ConnectionLost'
  | 'AnswerTooLarge'
  | 'BadAnswer'
  | 'Aborted'

/** The API server said no. */
type AnswerCode =
  | 'NotFound'
  | 'NoMatch'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Forbidden'
  | 'Unauthorized'
  | 'Invalid'
  | 'BadRequest'
  | 'TooManyRequests'
  | 'TooLarge'
  | 'Gone'
  | 'Unavailable'
  | 'ServerError'

/** A kubeconfig that cannot or must not be used. */
type KubeconfigCode = 'KubeconfigInvalid' | 'KubeconfigRefused' | 'CredentialsFailed'

export type ClusterErrorCode = TransportCode | AnswerCode | KubeconfigCode

/** One field that the API server found wrong; `message` may quote the value. */
export type FieldFault = {
  readonly reason: string
  readonly field: string
  readonly message: string
}

export type ClusterErrorData = {
  readonly status?: number
  /** The API server's own word: `Invalid`, `Forbidden`, … */
  readonly apiReason?: string
  readonly causes?: readonly FieldFault[]
}

const transportCodes: ReadonlySet<ClusterErrorCode> = new Set<ClusterErrorCode>([
  'Unreachable',
  'TimedOut',
  'ConnectionLost',
  'AnswerTooLarge',
  'BadAnswer',
  'Aborted',
])

/** A request to a Kubernetes API that did not give what was asked for. */
export class ClusterError extends DriftlessError<ClusterErrorCode> {
  readonly status: number | undefined
  readonly apiReason: string
  readonly causes: readonly FieldFault[]

  constructor(
    code: ClusterErrorCode,
    message: string,
    details: Omit<FaultDetails, 'data'> & { readonly data?: ClusterErrorData } = {},
  ) {
    super(
      transportCodes.has(code) ? 'ClusterUnreachable' : 'ReconciliationFailed',
      code,
      message,
      details,
    )
    this.status = details.data?.status
    this.apiReason = details.data?.apiReason ?? ''
    this.causes = details.data?.causes ?? []
  }
}

/** True where the API server said that the object is not there; false for a kind it does not serve. */
export function isNotFound(thrown: unknown): thrown is ClusterError {
  return thrown instanceof ClusterError && thrown.code === 'NotFound'
}

export function isNoMatch(thrown: unknown): thrown is ClusterError {
  return thrown instanceof ClusterError && thrown.code === 'NoMatch'
}

/** True where the object is not what a precondition says it must be. */
export function isConflict(thrown: unknown): thrown is ClusterError {
  return thrown instanceof ClusterError && thrown.code === 'Conflict'
}

/** True where no usable answer came back at all. */
export function isUnreachable(thrown: unknown): thrown is ClusterError {
  return thrown instanceof ClusterError && thrown.reason === 'ClusterUnreachable'
}

/** The error that an answer with a status of 400 or more means; its message is the API server's. */
export function errorOfResponse(response: ClusterResponse): ClusterError {
  const { status, body } = response
  const isStatus = isJsonObject(body) && body.kind === 'Status'
  const apiReason = isStatus ? textAt(body, 'reason') : ''
  const message = isStatus ? textAt(body, 'message') : plainText(body)
  const code = codeOf(status, apiReason, isStatus)
  return new ClusterError(code, message || `the server answered with status ${status}`, {
    data: { status, apiReason, causes: isStatus ? causesOf(body.details) : [] },
    retryable: isPassing(code, isStatus, apiReason),
    ...(response.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: response.retryAfterSeconds }),
  })
}

/**
 * A 500 of the API server that carries no reason is its verdict on the object (`failed to create typed patch
 * object`), and the same again next time; what a proxy says, or a fault with a name, may pass.
 */
function isPassing(code: ClusterErrorCode, isStatus: boolean, apiReason: string): boolean {
  if (code === 'ServerError') return !isStatus || apiReason !== ''
  return code === 'TooManyRequests' || code === 'Conflict' || code === 'Unavailable'
}

const codesByStatus: ReadonlyMap<number, AnswerCode> = new Map<number, AnswerCode>([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [413, 'TooLarge'],
  [415, 'BadRequest'],
  [422, 'Invalid'],
  [429, 'TooManyRequests'],
  [502, 'Unavailable'],
  [503, 'Unavailable'],
  [504, 'Unavailable'],
])

function codeOf(status: number, apiReason: string, isStatus: boolean): AnswerCode | 'BadAnswer' {
  // The page of a proxy in between says nothing about what is in the cluster.
  if (status === 404 && !isStatus) return 'BadAnswer'
  if (status === 409 && apiReason === 'AlreadyExists') return 'AlreadyExists'
  return codesByStatus.get(status) ?? (status >= 500 ? 'ServerError' : 'BadRequest')
}

function causesOf(details: Json | undefined): readonly FieldFault[] {
  if (!isJsonObject(details) || !Array.isArray(details.causes)) return []
  return details.causes.filter(isJsonObject).map((cause) => ({
    reason: textAt(cause, 'reason'),
    field: textAt(cause, 'field'),
    message: textAt(cause, 'message'),
  }))
}

/** The first words of an answer that is no Status, such as a proxy's page. */
function plainText(body: Json): string {
  return typeof body === 'string' ? body.trim().slice(0, 300) : ''
}
