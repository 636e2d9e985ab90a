import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Sealer } from './sealer.ts'
import { SecretError } from './secret-error.ts'

/** Length of a key of AES-256. */
export const keyBytes = 32

const algorithm = 'aes-256-gcm'
const prefix = 'local1:'
const nonceBytes = 12
const tagBytes = 16

/**
 * Seals with AES-256-GCM and the key that `key` gives; the context is authenticated with the text.
 * A sealed text is `local1:` and base64url of nonce (12 bytes), tag (16 bytes) and ciphertext.
 */
export function createAesSealer(key: () => Promise<Buffer>): Sealer {
  return {
    seal: async (plain, context) => {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, await key(), nonce)
      cipher.setAAD(Buffer.from(context))
      const content = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      const whole = Buffer.concat([nonce, cipher.getAuthTag(), content])
      return `${prefix}${whole.toString('base64url')}`
    },
    open: async (sealed, context) => {
      const whole = Buffer.from(sealed.slice(prefix.length), 'base64url')
      if (!sealed.startsWith(prefix) || whole.length < nonceBytes + tagBytes) throw broken(context)
      return decrypt(await key(), whole, context)
    },
  }
}

function decrypt(key: Buffer, whole: Buffer, context: string): string {
  const content = whole.subarray(nonceBytes + tagBytes)
  const decipher = createDecipheriv(algorithm, key, whole.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(whole.subarray(nonceBytes, nonceBytes + tagBytes))
  try {
    return Buffer.concat([decipher.update(content), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw broken(context, cause)
  }
}

function broken(context: string, cause?: unknown): SecretError {
  const message = `sealed secret of ${context}: it was sealed by another key or for something else, or was changed; store it again`
  return new SecretError('SealBroken', message, { cause })
}
