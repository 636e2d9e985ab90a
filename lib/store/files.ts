import { createHash } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DriftlessError, hasErrorCode, messageOf } from '../status/error.ts'
import { createBreath } from './breath.ts'
import { listFiles } from './file-list.ts'
import { pathOfKey } from './file-names.ts'
import { checkBody, checkKey } from './key.ts'
import { createLockFolder, type LockFolder } from './process-lock.ts'
import { presentEtag, readRecordFile, writeTemporary } from './record-file.ts'
import type { PutCondition, Store } from './store.ts'
import { StoreError } from './store-error.ts'

/**
 * State in a folder: one file a record, its etag in the first line. Any number of processes may use the folder at the
 * same time, and each may be killed at any line. A write is a rename under the record's lock; a read takes no lock.
 * Small records are read and written at once, which takes microseconds and no thread; a turn of many is broken off.
 * Nothing is forced to the disk: what survives a killed process may not survive a power cut.
 */
export function createFileStore(directory: string): Store {
  const folders = prepareFolders(directory)
  const breathe = createBreath()
  const guard = async <T>(key: string, run: () => Promise<T>): Promise<T> => {
    checkKey(key)
    await breathe()
    return await translated(key, run)
  }
  return {
    get: (key) => guard(key, () => readRecordFile(key, join(directory, pathOfKey(key)))),
    put: (key, body, condition) =>
      guard(key, async () => {
        const bytes = typeof body === 'string' ? Buffer.from(body) : body
        checkBody(key, bytes.length)
        return await putFile(folders(), join(directory, pathOfKey(key)), key, bytes, condition)
      }),
    delete: (key, condition) =>
      guard(key, async () => {
        const path = join(directory, pathOfKey(key))
        return await underLock(folders(), key, () => removeFile(directory, path, condition))
      }),
    list: (prefix, options = {}) => translated(prefix, () => listFiles(directory, prefix, options)),
  }
}

type Folders = { readonly locks: LockFolder; readonly temporary: string }

const lockTimeoutMs = 10_000
const forgottenMs = 60 * 60 * 1000

function prepareFolders(directory: string): () => Folders {
  const temporary = join(directory, '.temporary')
  const folders = { locks: createLockFolder(join(directory, '.locks')), temporary }
  let isPrepared = false
  return () => {
    if (isPrepared) return folders
    mkdirSync(temporary, { recursive: true, mode: 0o700 })
    removeForgotten(temporary)
    isPrepared = true
    return folders
  }
}

/** What processes killed while writing left behind. */
function removeForgotten(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    const stats = lstatSync(path, { throwIfNoEntry: false })
    if (stats !== undefined && Date.now() - stats.mtimeMs > forgottenMs)
      rmSync(path, { force: true })
  }
}

async function putFile(
  folders: Folders,
  path: string,
  key: string,
  body: Uint8Array,
  condition: PutCondition | undefined,
): Promise<string | undefined> {
  const { path: temporary, etag } = await writeTemporary(folders.temporary, body)
  const isWritten = await underLock(folders, key, () => {
    if (!holds(condition, path)) return false
    moveInto(temporary, path)
    return true
  }).catch((thrown: unknown) => {
    rmSync(temporary, { force: true })
    throw thrown
  })
  if (isWritten) return etag
  unlinkSync(temporary)
  return undefined
}

/** Another process may remove the folder, once it is empty, between its making and the rename. */
function moveInto(temporary: string, path: string): void {
  for (let attempt = 0; ; attempt += 1) {
    try {
      renameSync(temporary, path)
      return
    } catch (thrown) {
      if (!hasErrorCode(thrown, 'ENOENT') || attempt >= 20) throw thrown
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    }
  }
}

function removeFile(
  directory: string,
  path: string,
  condition: { readonly ifMatch: string } | undefined,
): boolean {
  const present = presentEtag(path)
  if (present === undefined) return true
  if (condition !== undefined && present !== condition.ifMatch) return false
  unlinkSync(path)
  removeEmptyFolders(directory, dirname(path))
  return true
}

function removeEmptyFolders(directory: string, folder: string): void {
  for (let current = folder; current !== directory; current = dirname(current)) {
    try {
      rmdirSync(current)
    } catch {
      // It holds other records, or another process was faster.
      return
    }
  }
}

async function underLock<T>(folders: Folders, key: string, run: () => T): Promise<T> {
  const name = createHash('sha256').update(key).digest('hex').slice(0, 32)
  const deadline = Date.now() + lockTimeoutMs
  for (let waitedMs = 1; ; waitedMs = Math.min(waitedMs * 2, 20)) {
    const unlock = folders.locks.tryLock(name)
    if (unlock !== undefined) {
      try {
        return run()
      } finally {
        unlock()
      }
    }
    if (Date.now() > deadline) throw lockTimeout(key)
    await new Promise((resolve) => setTimeout(resolve, waitedMs * Math.random()))
  }
}

function lockTimeout(key: string): StoreError {
  const message = `${key}: another process holds this record's lock for more than ${lockTimeoutMs / 1000} s; look for a driftless process that hangs`
  return new StoreError('LockTimeout', message, { retryable: true })
}

function holds(condition: PutCondition | undefined, path: string): boolean {
  if (condition === undefined) return true
  const present = presentEtag(path)
  return 'ifNoneMatch' in condition ? present === undefined : present === condition.ifMatch
}

async function translated<T>(key: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof DriftlessError) throw cause
    const isRefused = hasErrorCode(cause, 'EACCES', 'EPERM', 'EROFS')
    const code = isRefused ? 'StoreRefused' : 'StoreUnreachable'
    const message = `${key}: the state folder cannot be used: ${messageOf(cause)}`
    throw new StoreError(code, message, { cause, retryable: !isRefused })
  }
}
