import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { messageOf } from '../status/error.ts'
import { maxBodyBytes } from './key.ts'
import type { PutCondition, Store } from './store.ts'
import { StoreError } from './store-error.ts'

/** Narrows what was stored to `T`, of this version or an earlier one; undefined where it is none of ours. */
export type Parse<T> = (value: unknown) => T | undefined

export type Versioned = { readonly version: number }

export type Found<T> = { readonly value: T; readonly etag: string }

export type UpdateOptions = {
  readonly latestVersion?: number
  /** Between 0 and 1, for the jitter between attempts. */
  readonly random?: () => number
  readonly wait?: (ms: number) => Promise<void>
  readonly maxAttempts?: number
}

/** Larger records are compressed: an inventory of 20,000 objects stays far below 1 MiB. */
const compressFromBytes = 64 * 1024

const pack = promisify(gzip)
const unpack = promisify(gunzip)

/**
 * The record under `key`. Records of earlier versions go to `parse`, which reads them; one that a later release
 * wrote throws `RecordTooNew`, and what is no record of ours throws `RecordUnreadable`.
 */
export async function readRecord<T>(
  store: Store,
  key: string,
  parse: Parse<T>,
  latestVersion = 1,
): Promise<Found<T> | undefined> {
  const found = await store.get(key)
  if (found === undefined) return undefined
  const json = parseJson(key, await textOf(key, found.body))
  checkVersion(key, json, latestVersion)
  const value = parse(json)
  if (value === undefined) throw unreadable(key, 'it has not the fields that belong there')
  return { value, etag: found.etag }
}

/** The new etag, or undefined where the condition did not hold. */
export async function writeRecord<T extends Versioned>(
  store: Store,
  key: string,
  value: T,
  condition?: PutCondition,
): Promise<string | undefined> {
  return await store.put(key, await bodyOf(value), condition)
}

/**
 * Reads, changes and writes a record until no other writer came between. `change` may be called again with what the
 * other wrote; where it returns `current` itself or undefined, nothing is written. Returns what `change` returned.
 */
export async function updateRecord<T extends Versioned, const R extends T | undefined>(
  store: Store,
  key: string,
  parse: Parse<T>,
  change: (current: T | undefined) => R,
  options: UpdateOptions = {},
): Promise<R> {
  const { random = Math.random, wait = waitMs, maxAttempts = 24 } = options
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    const found = await readRecord(store, key, parse, options.latestVersion)
    const next = change(found?.value)
    if (next === undefined || next === found?.value) return next
    const condition: PutCondition =
      found === undefined ? { ifNoneMatch: '*' } : { ifMatch: found.etag }
    if ((await writeRecord(store, key, next, condition)) !== undefined) return next
    if (attempt > 0) await wait(Math.min(500, 5 * 2 ** attempt) * random())
  }
  const message = `${key}: ${maxAttempts} attempts to change it lost against other writers; try again`
  throw new StoreError('TooManyConflicts', message, { retryable: true })
}

async function bodyOf(value: Versioned): Promise<Uint8Array | string> {
  const text = JSON.stringify(value)
  return text.length < compressFromBytes ? text : await pack(text, { level: 3 })
}

async function textOf(key: string, body: Uint8Array): Promise<string> {
  const isPacked = body[0] === 0x1f && body[1] === 0x8b
  try {
    const bytes = isPacked ? await unpack(body, { maxOutputLength: maxBodyBytes }) : body
    return new TextDecoder().decode(bytes)
  } catch (cause) {
    throw unreadable(key, `it cannot be unpacked (${messageOf(cause)})`, cause)
  }
}

function parseJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The parser's own message quotes the text, which may hold a secret.
    throw unreadable(key, 'it is no JSON', cause instanceof SyntaxError ? undefined : cause)
  }
}

function checkVersion(key: string, json: unknown, latestVersion: number): void {
  const isObject = typeof json === 'object' && json !== null && 'version' in json
  const version = isObject ? json.version : undefined
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    throw unreadable(key, 'it has no version')
  }
  if (version <= latestVersion) return
  const message = `${key}: a later release wrote this record (version ${version}, this release reads up to ${latestVersion}); run that release or a newer one`
  throw new StoreError('RecordTooNew', message, { data: { version, latestVersion } })
}

function unreadable(key: string, why: string, cause?: unknown): StoreError {
  const message = `${key}: this is no record of Driftless: ${why}; move it away, it is written anew`
  return new StoreError('RecordUnreadable', message, { cause })
}

async function waitMs(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
