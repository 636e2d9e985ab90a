import { createHash } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import { SourceError } from '../source-error.ts'
import { applyDelta } from './delta.ts'

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag'

export type GitObject = { readonly type: ObjectType; readonly bytes: Buffer }

/** Objects by the id that was computed from them here, never by one that was told. */
export type GitObjects = ReadonlyMap<string, GitObject>

export type PackLimits = {
  readonly maxObjects: number
  /** Of all objects together, unpacked. */
  readonly maxUnpackedBytes: number
}

const types: ReadonlyMap<number, ObjectType> = new Map([
  [1, 'commit'],
  [2, 'tree'],
  [3, 'blob'],
  [4, 'tag'],
])
const offsetDelta = 6
const idDelta = 7
const idBytes = 20
const headerBytes = 12
/** Small objects are unpacked into a buffer of their size, so that a kept one holds no more memory than that. */
const maxChunkBytes = 1024 * 1024

/**
 * Unpacks a pack of version 2 in one pass; `known` holds bases that a thin pack leaves out. Throws SourceError
 * PackInvalid for anything but exactly the objects it announces and the checksum behind them, TooLarge beyond its limits.
 * Source: gitformat-pack(5).
 */
export function readPack(
  pack: Buffer,
  limits: PackLimits,
  known: GitObjects = new Map(),
): GitObjects {
  const count = checkFrame(pack, limits)
  const shelf = createShelf(limits, known)
  let at = headerBytes
  for (let index = 0; index < count; index += 1) at = readEntry(pack, at, shelf)
  if (at !== pack.length - idBytes) throw broken('something follows its last object')
  if (shelf.waitingCount() > 0) throw broken('the base of a delta is missing')
  return shelf.objects
}

function checkFrame(pack: Buffer, { maxObjects }: PackLimits): number {
  const isPack = pack.length >= headerBytes + idBytes && pack.toString('latin1', 0, 4) === 'PACK'
  if (!isPack || pack.readUInt32BE(4) !== 2) throw broken('it is no pack of version 2')
  const body = pack.subarray(0, -idBytes)
  const checksum = createHash('sha1').update(body).digest()
  if (!checksum.equals(pack.subarray(-idBytes))) throw broken('its checksum is wrong')
  const count = pack.readUInt32BE(8)
  if (count > maxObjects) throw new SourceError('TooLarge', `the pack holds ${count} objects`)
  return count
}

/** Reads the entry at `start` and gives where the next one begins. */
function readEntry(pack: Buffer, start: number, shelf: Shelf): number {
  const { kind, size, next } = readEntryHeader(pack, start)
  const type = types.get(kind)
  if (type !== undefined) {
    const { bytes, end } = inflate(pack, next, size, shelf)
    shelf.put(start, { type, bytes })
    return end
  }
  if (kind === offsetDelta) {
    const distance = readOffset(pack, next)
    const base = shelf.at(start - distance.value)
    const { bytes, end } = inflate(pack, distance.next, size, shelf)
    if (base === undefined) throw broken('a delta leads to no object')
    shelf.putDelta(start, base, bytes)
    return end
  }
  if (kind !== idDelta) throw broken('it holds an entry of an unknown kind')
  const id = pack.toString('hex', next, next + idBytes)
  const { bytes, end } = inflate(pack, next + idBytes, size, shelf)
  shelf.await(id, start, bytes)
  return end
}

/** Three bits of kind, then the size in groups of four and seven bits, the lowest first. */
function readEntryHeader(
  pack: Buffer,
  start: number,
): { readonly kind: number; readonly size: number; readonly next: number } {
  let byte = pack[start] ?? 0
  const kind = (byte >> 4) & 7
  let size = byte & 15
  let scale = 16
  let next = start + 1
  while (byte & 0x80) {
    byte = pack[next] ?? 0
    size += (byte & 0x7f) * scale
    scale *= 128
    next += 1
    if (size > Number.MAX_SAFE_INTEGER) throw broken('an object is impossibly long')
  }
  return { kind, size, next }
}

/** A distance backwards, in groups of seven bits, the highest first, each but the last one less by one. */
function readOffset(
  pack: Buffer,
  start: number,
): { readonly value: number; readonly next: number } {
  let byte = pack[start] ?? 0
  let value = byte & 0x7f
  let next = start + 1
  while (byte & 0x80) {
    byte = pack[next] ?? 0
    value = (value + 1) * 128 + (byte & 0x7f)
    next += 1
    if (value > start) throw broken('a delta leads out of the pack')
  }
  return { value, next }
}

function inflate(
  pack: Buffer,
  start: number,
  size: number,
  shelf: Shelf,
): { readonly bytes: Buffer; readonly end: number } {
  shelf.spend(size)
  try {
    // One byte of room more than announced, so that what is longer shows itself.
    const chunkSize = Math.min(Math.max(64, size + 1), maxChunkBytes)
    const options = { maxOutputLength: size + 1, chunkSize, info: true }
    const result: unknown = inflateSync(pack.subarray(start, -idBytes), options)
    const { buffer, bytesRead } = inflated(result)
    if (buffer.length !== size) throw broken('an object is not as long as it says')
    return { bytes: buffer, end: start + bytesRead }
  } catch (cause) {
    if (cause instanceof SourceError) throw cause
    throw broken('an object cannot be unpacked', cause)
  }
}

/** With `info` zlib gives its engine too, which knows how much it read; the types of Node.js do not say so. */
function inflated(result: unknown): { readonly buffer: Buffer; readonly bytesRead: number } {
  if (typeof result === 'object' && result !== null && 'buffer' in result && 'engine' in result) {
    const { buffer, engine } = result
    const isEngine = typeof engine === 'object' && engine !== null && 'bytesWritten' in engine
    if (isEngine && Buffer.isBuffer(buffer) && typeof engine.bytesWritten === 'number') {
      return { buffer, bytesRead: engine.bytesWritten }
    }
  }
  throw new TypeError('zlib gives no account of what it read')
}

type Shelf = {
  readonly objects: GitObjects
  readonly at: (offset: number) => GitObject | undefined
  readonly put: (offset: number, object: GitObject) => void
  readonly putDelta: (offset: number, base: GitObject, delta: Buffer) => void
  /** Keeps a delta until its base, which may stand behind it, is there. */
  readonly await: (id: string, offset: number, delta: Buffer) => void
  readonly waitingCount: () => number
  readonly spend: (sizeBytes: number) => void
}

function createShelf({ maxUnpackedBytes }: PackLimits, known: GitObjects): Shelf {
  const objects = new Map<string, GitObject>()
  const byOffset = new Map<number, GitObject>()
  const waiting = new Map<string, { offset: number; delta: Buffer }[]>()
  let spentBytes = 0
  const spend = (sizeBytes: number): void => {
    spentBytes += sizeBytes
    if (spentBytes > maxUnpackedBytes) {
      throw new SourceError('TooLarge', `the pack unpacks to more than ${maxUnpackedBytes} bytes`)
    }
  }
  const rebuild = (base: GitObject, delta: Buffer): GitObject => ({
    type: base.type,
    bytes: applyDelta(base.bytes, delta, spend),
  })
  const put = (offset: number, object: GitObject): void => {
    const ready = [{ offset, object }]
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      const base = next.object
      const id = idOf(base)
      objects.set(id, base)
      byOffset.set(next.offset, base)
      const heirs = waiting.get(id) ?? []
      waiting.delete(id)
      for (const heir of heirs) {
        ready.push({ offset: heir.offset, object: rebuild(base, heir.delta) })
      }
    }
  }
  return {
    objects,
    at: (offset) => byOffset.get(offset),
    put,
    putDelta: (offset, base, delta) => put(offset, rebuild(base, delta)),
    await: (id, offset, delta) => {
      const base = objects.get(id) ?? known.get(id)
      if (base !== undefined) return put(offset, rebuild(base, delta))
      const others = waiting.get(id)
      if (others === undefined) waiting.set(id, [{ offset, delta }])
      else others.push({ offset, delta })
    },
    waitingCount: () => waiting.size,
    spend,
  }
}

export function idOf({ type, bytes }: GitObject): string {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex')
}

function broken(why: string, cause?: unknown): SourceError {
  return new SourceError('PackInvalid', `the pack is refused: ${why}`, { cause })
}
