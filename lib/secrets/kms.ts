import { messageOf } from '../status/error.ts'
import { createAesSealer, keyBytes } from './aes.ts'
import { AwsFault, type AwsJsonCall, callAwsJson, textOf } from './aws-json.ts'
import type { Sealer } from './sealer.ts'
import { SecretError } from './secret-error.ts'

export type KmsSealerOptions = {
  readonly call: AwsJsonCall
  /** ARN of the key. */
  readonly keyId: string
  readonly now: () => Date
}

/**
 * Seals with data keys that KMS keeps wrapped: a text is `kms1:<wrapped key>.<sealed text>`, where the second part is sealed
 * locally as `createAesSealer` does. Whoever may only seal cannot open. A data key serves for an hour, and is unwrapped once
 * by each process that opens what it sealed.
 */
export function createKmsSealer(options: KmsSealerOptions): Sealer {
  const unwrapped = new Map<string, Promise<Buffer>>()
  let sealing: { readonly at: number; readonly made: Promise<DataKey> } | undefined
  const dataKey = (): Promise<DataKey> => {
    const at = options.now().getTime()
    if (sealing !== undefined && at - sealing.at < dataKeyLifeMs) return sealing.made
    const made = makeDataKey(options)
    sealing = { at, made }
    made.catch(() => {
      sealing = undefined
    })
    return made
  }
  const unwrap = (wrapped: string, context: string): Promise<Buffer> => {
    const known = unwrapped.get(wrapped)
    if (known !== undefined) return known
    const key = decryptKey(options, wrapped, context)
    unwrapped.set(wrapped, key)
    key.catch(() => unwrapped.delete(wrapped))
    const [oldest = ''] = unwrapped.keys()
    if (unwrapped.size > maxUnwrapped) unwrapped.delete(oldest)
    return key
  }
  return {
    seal: async (plain, context) => {
      const { key, wrapped } = await dataKey()
      const sealed = await createAesSealer(async () => key).seal(plain, context)
      return `${prefix}${wrapped}.${sealed}`
    },
    open: async (sealed, context) => {
      const dot = sealed.indexOf('.')
      if (!sealed.startsWith(prefix) || dot === -1) throw broken(context)
      const key = await unwrap(sealed.slice(prefix.length, dot), context)
      return createAesSealer(async () => key).open(sealed.slice(dot + 1), context)
    },
  }
}

type DataKey = { readonly key: Buffer; readonly wrapped: string }

const prefix = 'kms1:'
const dataKeyLifeMs = 60 * 60_000
const maxUnwrapped = 256

/** KMS opens a data key for this purpose only; the text itself is bound to its own context by AES. */
const encryptionContext = { purpose: 'driftless-seal' }

async function makeDataKey({ call, keyId }: KmsSealerOptions): Promise<DataKey> {
  const input = { KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: encryptionContext }
  try {
    const answer = await callAwsJson(call, 'kms', 'TrentService.GenerateDataKey', input)
    const wrapped = Buffer.from(textOf(answer, 'CiphertextBlob'), 'base64').toString('base64url')
    return { key: keyOf(answer), wrapped }
  } catch (cause) {
    throw unusable(keyId, 'kms:GenerateDataKey', cause)
  }
}

async function decryptKey(
  { call, keyId }: KmsSealerOptions,
  wrapped: string,
  context: string,
): Promise<Buffer> {
  const input = {
    KeyId: keyId,
    CiphertextBlob: Buffer.from(wrapped, 'base64url').toString('base64'),
    EncryptionContext: encryptionContext,
  }
  try {
    return keyOf(await callAwsJson(call, 'kms', 'TrentService.Decrypt', input))
  } catch (cause) {
    const isForeign = cause instanceof AwsFault && foreign.has(cause.code)
    throw isForeign ? broken(context, cause) : unusable(keyId, 'kms:Decrypt', cause)
  }
}

/** What KMS says of a wrapped key that is not one of this key's. */
const foreign: ReadonlySet<string> = new Set([
  'InvalidCiphertextException',
  'IncorrectKeyException',
  'ValidationException',
])

function keyOf(answer: ReadonlyMap<string, unknown>): Buffer {
  const key = Buffer.from(textOf(answer, 'Plaintext'), 'base64')
  if (key.length === keyBytes) return key
  throw new Error(`KMS gave ${key.length} bytes instead of a key`)
}

function unusable(keyId: string, action: string, cause: unknown): SecretError {
  const message = `KMS key ${keyId}: cannot be used: ${messageOf(cause)}; it must be enabled, and this role allowed ${action} on it`
  const retryable = !(cause instanceof AwsFault) || cause.isPassing
  return new SecretError('KeyUnreadable', message, { cause, retryable })
}

function broken(context: string, cause?: unknown): SecretError {
  const message = `sealed secret of ${context}: it was sealed by another key, or was changed; store it again`
  return new SecretError('SealBroken', message, { cause })
}
