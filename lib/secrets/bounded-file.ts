import { open } from 'node:fs/promises'
import { hasErrorCode } from '../status/error.ts'
import { SecretError } from './secret-error.ts'

/** Kubernetes allows 1 MiB of data; base64 and what stands around it need the rest. */
const maxFileBytes = 2 * 1024 * 1024

/** The bytes of a file; undefined where it is none. */
export async function readBounded(path: string): Promise<Uint8Array | undefined> {
  const file = await openIfThere(path)
  if (file === undefined) return undefined
  try {
    const stats = await file.stat()
    if (!stats.isFile()) return undefined
    if (stats.size > maxFileBytes) {
      const message = `secret ${path}: ${stats.size} bytes are more than ${maxFileBytes}`
      throw new SecretError('SecretTooLarge', message)
    }
    return new Uint8Array(await file.readFile())
  } finally {
    await file.close()
  }
}

export function isMissing(thrown: unknown): boolean {
  return hasErrorCode(thrown, 'ENOENT', 'ENOTDIR')
}

async function openIfThere(path: string) {
  try {
    return await open(path, 'r')
  } catch (cause) {
    if (isMissing(cause)) return undefined
    const message = `secret ${path}: the file cannot be read`
    throw new SecretError('SecretUnreadable', message, { cause })
  }
}
