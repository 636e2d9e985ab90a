import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasErrorCode } from '../status/error.ts'
import { createAesSealer, keyBytes } from './aes.ts'
import { isMissing } from './bounded-file.ts'
import type { Sealer } from './sealer.ts'
import { SecretError } from './secret-error.ts'

/** Seals with a key that lies in a file of mode 0600, made at the first use. */
export function createLocalSealer(keyFile: string): Sealer {
  let known: Promise<Buffer> | undefined
  const key = () => {
    known ??= readOrMakeKey(keyFile).catch((thrown: unknown) => {
      known = undefined
      throw thrown
    })
    return known
  }
  return createAesSealer(key)
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
    if (!hasErrorCode(thrown, 'EEXIST')) throw unreadable(keyFile, 'it cannot be made', thrown)
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
