import { createHash, timingSafeEqual } from 'node:crypto'
import { ArtifactError } from './artifact-error.ts'
import { fileAndFolder, pathFault, showPath } from './path.ts'
import { blockBytes, encodeHeader, maxNameBytes } from './tar-header.ts'
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
  const blocks = entries.flatMap(({ path, file }) => encodeEntry(path, file))
  const bytes = Buffer.concat([...blocks, new Uint8Array(2 * blockBytes)])
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

function encodeEntry(path: Buffer, file: TreeFile): readonly Uint8Array[] {
  const header = encodeHeader({
    name: path.length > maxNameBytes ? 'long-path' : path.toString(),
    mode: file.isExecutable ? 0o700 : 0o600,
    sizeBytes: file.bytes.length,
    type: '0',
  })
  const extended = path.length > maxNameBytes ? encodeExtended(path) : []
  return [...extended, header, ...padded(file.bytes)]
}

/** A pax header that holds nothing but the path. Its record counts its own length. */
function encodeExtended(path: Buffer): readonly Uint8Array[] {
  const rest = path.length + ' path=\n'.length
  const digits = String(rest + String(rest).length).length
  const record = Buffer.concat([Buffer.from(`${rest + digits} path=`), path, Buffer.from('\n')])
  const header = { name: 'long-path', mode: 0o600, sizeBytes: record.length, type: 'x' }
  return [encodeHeader(header), ...padded(record)]
}

function padded(bytes: Uint8Array): readonly Uint8Array[] {
  const rest = bytes.length % blockBytes
  return rest === 0 ? [bytes] : [bytes, new Uint8Array(blockBytes - rest)]
}

function isEqual(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}
