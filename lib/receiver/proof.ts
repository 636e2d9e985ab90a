import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Whether `given` is one of `secrets`, in a time that tells neither which nor how much of it fits:
 * both sides are hashed first, and every secret is looked at. An empty secret proves nothing.
 */
export function isOneOf(given: string, secrets: readonly string[]): boolean {
  const hash = sha256(given)
  let isFound = false
  for (const secret of secretsOrDecoy(secrets)) {
    if (timingSafeEqual(hash, sha256(secret))) isFound = true
  }
  return isFound && given !== ''
}

/** Whether `hex` is the HMAC of `body` under one of `secrets`. Only lower-case hex of the full length can be. */
export function isHmacOf(
  algorithm: 'sha1' | 'sha256' | 'sha512',
  hex: string,
  body: Uint8Array,
  secrets: readonly string[],
): boolean {
  let isFound = false
  for (const secret of secretsOrDecoy(secrets)) {
    if (isOneOf(hex, [createHmac(algorithm, secret).update(body).digest('hex')])) isFound = true
  }
  return isFound
}

const decoy = randomBytes(32).toString('hex')

/**
 * The secrets that can prove something, or one that nobody knows: a door without a secret takes as long
 * to refuse as one with a wrong signature.
 */
export function secretsOrDecoy(secrets: readonly string[]): readonly string[] {
  const usable = secrets.filter((secret) => secret !== '')
  return usable.length === 0 ? [decoy] : usable
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The body as the text that was signed; undefined where it is no UTF-8, so that no two bodies share a text. */
export function signedText(body: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(body)
  } catch {
    return undefined
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
