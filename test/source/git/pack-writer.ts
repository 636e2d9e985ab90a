import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'

/** An entry of a pack; `size` and `packed` tell lies where a test needs them. */
export type PackEntry = {
  readonly kind: 'commit' | 'tree' | 'blob' | 'tag' | 'offset' | 'id' | 'reserved'
  readonly bytes: Uint8Array | string
  /** How far back the base of an `offset` delta begins. */
  readonly distance?: number
  /** The id of the base of an `id` delta. */
  readonly base?: string
  readonly size?: number
  readonly packed?: Uint8Array
}

const codes = { commit: 1, tree: 2, blob: 3, tag: 4, reserved: 5, offset: 6, id: 7 } as const

/** Writes a pack of version 2. Source: gitformat-pack(5). */
export function writePack(
  entries: readonly PackEntry[],
  lies: { readonly count?: number; readonly version?: number; readonly after?: string } = {},
): Buffer {
  const head = Buffer.alloc(12)
  head.write('PACK')
  head.writeUInt32BE(lies.version ?? 2, 4)
  head.writeUInt32BE(lies.count ?? entries.length, 8)
  const body = Buffer.concat([head, ...entries.map(writeEntry), Buffer.from(lies.after ?? '')])
  return Buffer.concat([body, createHash('sha1').update(body).digest()])
}

export function writeEntry(entry: PackEntry): Buffer {
  const bytes = Buffer.from(entry.bytes)
  return Buffer.concat([
    entryHeader(codes[entry.kind], entry.size ?? bytes.length),
    entry.distance === undefined ? Buffer.alloc(0) : offset(entry.distance),
    Buffer.from(entry.base ?? '', 'hex'),
    entry.packed ?? deflateSync(bytes),
  ])
}

function entryHeader(code: number, size: number): Buffer {
  const bytes = [(code << 4) | (size % 16)]
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80
    bytes.push(rest % 128)
  }
  return Buffer.from(bytes)
}

function offset(distance: number): Buffer {
  const bytes = [distance % 128]
  for (let rest = Math.floor(distance / 128); rest > 0; rest = Math.floor(rest / 128)) {
    rest -= 1
    bytes.unshift(0x80 | (rest % 128))
  }
  return Buffer.from(bytes)
}

/** A delta: sizes of base and result, then steps. */
export function writeDelta(
  baseSize: number,
  resultSize: number,
  ...steps: readonly (readonly number[])[]
): Buffer {
  return Buffer.from([...varint(baseSize), ...varint(resultSize), ...steps.flat()])
}

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [0x80 | (value % 128), ...varint(Math.floor(value / 128))]
}

/** Object content and id of a tree. */
export function treeBytes(
  entries: readonly { readonly mode: string; readonly name: string; readonly id: string }[],
): Buffer {
  const parts = entries.flatMap(({ mode, name, id }) => [
    Buffer.from(`${mode} ${name}\0`),
    Buffer.from(id, 'hex'),
  ])
  return Buffer.concat(parts)
}

export function idOfBytes(kind: string, bytes: Uint8Array | string): string {
  const content = Buffer.from(bytes)
  return createHash('sha1').update(`${kind} ${content.length}\0`).update(content).digest('hex')
}
