import { createHash, timingSafeEqual } from 'node:crypto'
import { ArtifactError } from './artifact-error.ts'
import { fileAndFolder, pathFault, showPath } from './path.ts'
import { blockBytes, maxNameBytes, type TarHeader, writeHeader } from './tar-header.ts'
import { readTar, type TarLimits } from './tar-reader.ts'
import type { TreeFile, TreeFiles } from './tree.ts'

export type Archive = {
  readonly bytes: Uint8Array
  /** `sha256:<64 hex>`. */
  readonly digest: string
}

/**
 * The canonical tar of a tree: files only, in order of their paths' bytes, mode 0600 or 0700, owner and times
 * zero, a path of more than 100 bytes in an extended header. Equal trees give equal bytes on every machine and in
 * every release, which is why no library writes it.
 */
export function packTree(files: TreeFiles): Archive {
  refuseBadPaths(files)
  const entries = [...files]
    .map(([path, file]) => ({ path: Buffer.from(path), file }))
    .sort((a, b) => Buffer.compare(a.path, b.path))
  const sizeBytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 2 * blockBytes)
  const bytes = Buffer.alloc(sizeBytes)
  let at = 0
  for (const entry of entries) at = writeEntry(bytes, at, entry)
  return { bytes, digest: digestOf(bytes) }
}

/** The files of a tar, bounded; throws ArtifactError where it is no tar, too large, or holds a link or a path that escapes. */
export function unpackTree(bytes: Uint8Array, limits?: Partial<TarLimits>): TreeFiles {
  const files = readTar(bytes, limits)
  refuseBadPaths(files)
  return files
}

/** Unpacks only what its digest vouches for. */
export function openArchive(
  bytes: Uint8Array,
  digest: string,
  limits?: Partial<TarLimits>,
): TreeFiles {
  const found = digestOf(bytes)
  if (!isEqual(found, digest)) {
    throw new ArtifactError(
      'DigestMismatch',
      `failed to verify archive: computed digest doesn't match provided '${digest}'`,
      { data: { digest, found }, retryable: true },
    )
  }
  return unpackTree(bytes, limits)
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function refuseBadPaths(files: TreeFiles): void {
  for (const path of files.keys()) {
    const fault = pathFault(path)
    if (fault !== undefined) {
      throw new ArtifactError('ArchiveInvalid', `the path ${showPath(path)} ${fault}`)
    }
  }
  const both = fileAndFolder(files)
  if (both !== undefined) {
    throw new ArtifactError('ArchiveInvalid', `${showPath(both)} is a file and a folder at once`)
  }
}

type Entry = { readonly path: Buffer; readonly file: TreeFile }

function entryBytes({ path, file }: Entry): number {
  const extended = isLong(path) ? blockBytes + padded(extendedRecord(path).length) : 0
  return extended + blockBytes + padded(file.bytes.length)
}

/** Writes an entry at `at` and gives where the next one goes. */
function writeEntry(archive: Buffer, at: number, { path, file }: Entry): number {
  const content = { mode: file.isExecutable ? 0o700 : 0o600, type: '0', bytes: file.bytes }
  if (!isLong(path)) return writeFile(archive, at, { ...content, name: path.toString() })
  const bytes = extendedRecord(path)
  const next = writeFile(archive, at, { name: longName, mode: 0o600, type: 'x', bytes })
  return writeFile(archive, next, { ...content, name: longName })
}

/** Stands in the header where the path itself stands in an extended one. */
const longName = 'long-path'

function isLong(path: Buffer): boolean {
  return path.length > maxNameBytes
}

/** A pax record of the path: it begins with its length, in which its digits count. */
function extendedRecord(path: Buffer): Buffer {
  const rest = path.length + ' path=\n'.length
  const digits = String(rest + String(rest).length).length
  return Buffer.concat([Buffer.from(`${rest + digits} path=`), path, Buffer.from('\n')])
}

function writeFile(
  archive: Buffer,
  at: number,
  { bytes, ...header }: Omit<TarHeader, 'sizeBytes'> & { readonly bytes: Uint8Array },
): number {
  const start = at + blockBytes
  writeHeader(archive.subarray(at, start), { ...header, sizeBytes: bytes.length })
  archive.set(bytes, start)
  return start + padded(bytes.length)
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / blockBytes) * blockBytes
}

function isEqual(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
