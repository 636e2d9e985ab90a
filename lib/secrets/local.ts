import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasCode, isMissing } from './bounded-file.ts'
import type { Sealer } from './sealer.ts'
import { SecretError } from './secret-error.ts'

/**
 * Seals with AES-256-GCM and a key that lies in a file of mode 0600, made at the first use.
 * A sealed text is `local1:` and base64url of nonce (12 bytes), tag (16 bytes) and ciphertext.
 */
export function createLocalSealer(keyFile: string): Sealer {
  let known: Promise<Buffer> | undefined
  const key = () => {
    known ??= readOrMakeKey(keyFile).catch((thrown: unknown) => {
      known = undefined
      throw thrown
    })
    return known
  }
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

const algorithm = 'aes-256-gcm'
const prefix = 'local1:'
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

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

/** Of several processes that make the key at the same time one wins, and the others use its key. */
async function readOrMakeKey(keyFile: string): Promise<Buffer> {
  const present = await readKey(keyFile)
  if (present !== undefined) return present
  await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 })
  const temporary = `${keyFile}.${randomUUID()}`
  await writeFile(temporary, randomBytes(keyBytes), { mode: 0o600, flag: 'wx' })
  try {
    await link(temporary, keyFile)
  } catch (thrown) {
    if (!hasCode(thrown, 'EEXIST')) throw unreadable(keyFile, 'it cannot be made', thrown)
  } finally {
    await rm(temporary, { force: true })
  }
  const made = await readKey(keyFile)
  if (made === undefined) throw unreadable(keyFile, 'it is gone again')
  return made
}

async function readKey(keyFile: string): Promise<Buffer | undefined> {
  const file = await openIfThere(keyFile)
  if (file === undefined) return undefined
  try {
    const { mode, size } = await file.stat()
    if ((mode & 0o077) !== 0) {
      const message = `key ${keyFile}: others may read it; run: chmod 600 ${keyFile}`
      throw new SecretError('KeyExposed', message)
    }
    if (size !== keyBytes) throw unreadable(keyFile, `it has not ${keyBytes} bytes`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

async function openIfThere(keyFile: string) {
  try {
    return await open(keyFile, 'r')
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw unreadable(keyFile, 'it cannot be read', thrown)
  }
}

function unreadable(keyFile: string, why: string, cause?: unknown): SecretError {
  const message = `key ${keyFile}: ${why}; put the right file there, or remove it to begin with a new key`
  return new SecretError('KeyUnreadable', message, { cause })
}

function broken(context: string, cause?: unknown): SecretError {
  const message = `sealed secret of ${context}: it was sealed by another key or for something else, or was changed; store it again`
  return new SecretError('SealBroken', message, { cause })
}
