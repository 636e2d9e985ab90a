import type { Outbound, OutboundResponse } from '../../http/outbound.ts'
import { OutboundError } from '../../http/outbound-error.ts'
import { printable } from '../printable.ts'
import { SourceError, type SourceErrorCode } from '../source-error.ts'
import type { GitAccess } from './access.ts'

/** A repository to talk to, and how. */
export type Remote = {
  /** Without a slash at the end. */
  readonly url: string
  readonly access: GitAccess
  readonly outbound: Outbound
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/** Asks the repository's upload-pack service and gives the whole answer. */
export async function askUploadPack(
  remote: Remote,
  body: string,
  options: { readonly version: 1 | 2; readonly maxBytes: number },
): Promise<Buffer> {
  const answer = await ask(remote, {
    url: `${remote.url}/git-upload-pack`,
    method: 'POST',
    body,
    maxBytes: options.maxBytes,
    isRepeatable: true,
    redirect: 'keep-method',
    headers: {
      ...(options.version === 2 ? { 'Git-Protocol': 'version=2' } : {}),
      'Content-Type': 'application/x-git-upload-pack-request',
      Accept: 'application/x-git-upload-pack-result',
    },
  })
  if (answer.headers['content-type'] !== 'application/x-git-upload-pack-result') {
    throw new SourceError('AnswerInvalid', 'the server answers, but not as a git server does')
  }
  return bufferOf(answer.body)
}

/** What the server says of itself, and where it answered from: hosts move repositories by a redirect here. */
export async function askInfoRefs(
  remote: Remote,
  maxBytes: number,
): Promise<{ readonly url: string; readonly body: Buffer }> {
  const suffix = '/info/refs?service=git-upload-pack'
  const answer = await ask(remote, {
    url: `${remote.url}${suffix}`,
    maxBytes,
    headers: { 'Git-Protocol': 'version=2' },
  })
  const isSmart = answer.headers['content-type'] === 'application/x-git-upload-pack-advertisement'
  if (!isSmart || !answer.url.endsWith(suffix)) {
    throw new SourceError('AnswerInvalid', 'the server does not speak git’s smart HTTP')
  }
  return { url: answer.url.slice(0, -suffix.length), body: bufferOf(answer.body) }
}

async function ask(
  remote: Remote,
  request: Parameters<Outbound['request']>[0],
): Promise<OutboundResponse> {
  const { access, outbound, timeoutMs, signal } = remote
  const { origin, headers, ...trust } = access
  // A repository that moved to another origin is read there without the credential.
  const credential = new URL(request.url).origin === origin ? headers : {}
  const answer = await outbound
    .request({
      ...request,
      ...trust,
      timeoutMs,
      headers: { ...request.headers, ...credential },
      ...(signal === undefined ? {} : { signal }),
    })
    .catch((thrown: unknown) => {
      throw translate(thrown)
    })
  if (answer.status !== 200) throw statusFault(answer)
  return answer
}

const refusals: ReadonlyMap<number, readonly [SourceErrorCode, string]> = new Map([
  [401, ['AuthenticationRequired', 'authentication required']],
  [403, ['AuthorizationFailed', 'authorization failed']],
  [404, ['RepositoryNotFound', 'repository not found']],
])

/** Source of the texts: go-git, plumbing/transport. */
function statusFault({ status, headers, body }: OutboundResponse): SourceError {
  const said = printable(
    bufferOf(body)
      .toString('utf8', 0, 1000)
      .replace(/<[^>]*>/g, ' '),
  )
  const [code, text] = refusals.get(status) ?? [undefined, `unexpected status ${status}`]
  if (code !== undefined) return new SourceError(code, `${text}: ${said}`)
  const isBusy = status === 429 || status >= 500
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return new SourceError(isBusy ? 'Unreachable' : 'AnswerInvalid', `${text}: ${said}`, {
    retryable: isBusy,
    ...(Number.isFinite(seconds) ? { retryAfterSeconds: Math.max(0, seconds) } : {}),
  })
}

const codes: Readonly<Partial<Record<OutboundError['code'], SourceErrorCode>>> = {
  UrlInvalid: 'UrlInvalid',
  AddressRefused: 'UrlInvalid',
  TimedOut: 'TimedOut',
  Aborted: 'Aborted',
  AnswerTooLarge: 'TooLarge',
  AnswerInvalid: 'AnswerInvalid',
  RedirectRefused: 'AnswerInvalid',
}

function translate(thrown: unknown): unknown {
  if (!(thrown instanceof OutboundError)) return thrown
  const { code, message, retryable } = thrown
  const remedy = code === 'TlsInvalid' ? `; ${trustRemedy}` : ''
  const text = `${message}${remedy}`
  return new SourceError(codes[code] ?? 'Unreachable', text, { cause: thrown, retryable })
}

const trustRemedy =
  'a certificate of your own authority is trusted with ca.crt in the Secret that spec.secretRef names'

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
