import { randomUUID } from 'node:crypto'
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrorCode } from '../status/error.ts'
import { checkBody, maxBodyBytes } from './key.ts'
import type { StoredRecord } from './store.ts'
import { StoreError } from './store-error.ts'

/** 32 hexadecimal digits and a line feed, in front of the body: the etag, new with every write. */
const headerBytes = 33
/** Larger bodies are read and written by a thread, so that the process goes on meanwhile. */
const largeFromBytes = 256 * 1024

/** The record in the file at `path`; undefined where there is no file. */
export async function readRecordFile(key: string, path: string): Promise<StoredRecord | undefined> {
  const descriptor = openIfThere(path)
  if (descriptor === undefined) return undefined
  let size: number
  try {
    size = fstatSync(descriptor).size
    if (size > maxBodyBytes + headerBytes) checkBody(key, size - headerBytes)
    if (size < largeFromBytes) return parseFile(key, path, readBytes(descriptor, size))
  } finally {
    closeSync(descriptor)
  }
  // The file may have been replaced or deleted since; either is a whole record or none.
  return await readLarge(key, path)
}

/** Writes a record to a file of its own in `folder`, from where a rename puts it in its place. */
export async function writeTemporary(
  folder: string,
  body: Uint8Array,
): Promise<{ readonly path: string; readonly etag: string }> {
  const etag = randomUUID().replaceAll('-', '')
  const path = join(folder, etag)
  const content = Buffer.concat([Buffer.from(`${etag}\n`), body])
  if (content.length < largeFromBytes) writeNew(path, content)
  else await writeFile(path, content, { mode: 0o600, flag: 'wx' })
  return { path, etag }
}

/** The etag of the record that is there; empty where a file is there that is no record. */
export function presentEtag(path: string): string | undefined {
  const descriptor = openIfThere(path)
  if (descriptor === undefined) return undefined
  try {
    return etagIn(readBytes(descriptor, headerBytes)) ?? ''
  } finally {
    closeSync(descriptor)
  }
}

async function readLarge(key: string, path: string): Promise<StoredRecord | undefined> {
  try {
    return parseFile(key, path, await readFile(path))
  } catch (thrown) {
    if (hasErrorCode(thrown, 'ENOENT')) return undefined
    throw thrown
  }
}

function parseFile(key: string, path: string, bytes: Uint8Array): StoredRecord {
  const etag = etagIn(bytes)
  if (etag === undefined) {
    const message = `${key}: the file of this record is cut off or was not written by Driftless; delete ${path}, it is written anew`
    throw new StoreError('RecordUnreadable', message)
  }
  return {
    etag,
    body: new Uint8Array(bytes.buffer, bytes.byteOffset + headerBytes, bytes.length - headerBytes),
  }
}

function etagIn(bytes: Uint8Array): string | undefined {
  const header = Buffer.from(bytes.subarray(0, headerBytes)).toString('latin1')
  return /^[0-9a-f]{32}\n$/.test(header) ? header.slice(0, -1) : undefined
}

function readBytes(descriptor: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  const read = readSync(descriptor, bytes, 0, sizeBytes, 0)
  return bytes.subarray(0, read)
}

function writeNew(path: string, content: Uint8Array): void {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    for (let written = 0; written < content.length; ) {
      written += writeSync(descriptor, content, written)
    }
  } finally {
    closeSync(descriptor)
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch (thrown) {
    if (hasErrorCode(thrown, 'ENOENT', 'ENOTDIR')) return undefined
    throw thrown
  }
}
