import { ArtifactError } from './artifact-error.ts'
import { showPath } from './path.ts'
import { blockBytes, decodeHeader, type TarHeader } from './tar-header.ts'
import type { TreeFile, TreeFiles } from './tree.ts'

export type TarLimits = {
  readonly maxBytes: number
  readonly maxFiles: number
}

const tarLimits: TarLimits = { maxBytes: 512 * 1024 * 1024, maxFiles: 200_000 }

/** Extended headers hold a path and little else. */
const maxExtendedBytes = 64 * 1024

/**
 * The regular files of a tar. Nothing is copied: files are views of `bytes`. Links, devices and every other
 * kind of entry are refused; folders are implied by their files.
 */
export function readTar(bytes: Uint8Array, limits?: Partial<TarLimits>): TreeFiles {
  const { maxBytes, maxFiles } = { ...tarLimits, ...limits }
  if (bytes.length > maxBytes) throw tooLarge(`${maxBytes} bytes`)
  const files = new Map<string, TreeFile>()
  for (const { header, content } of readEntries(bytes)) {
    const path = entryPath(header)
    if (path === undefined) continue
    if (files.has(path)) throw invalid(`${showPath(path)} stands in it twice`)
    if (files.size >= maxFiles) throw tooLarge(`${maxFiles} files`)
    files.set(path, { bytes: content, isExecutable: (header.mode & 0o100) !== 0 })
  }
  return files
}

type Entry = { readonly header: TarHeader; readonly content: Uint8Array }

function* readEntries(bytes: Uint8Array): Generator<Entry> {
  let extended: Extended = {}
  let at = 0
  for (let header = headerAt(bytes, at); header !== 'end'; header = headerAt(bytes, at)) {
    const start = at + blockBytes
    const sizeBytes = extended.sizeBytes ?? header.sizeBytes
    const content = bytes.subarray(start, start + sizeBytes)
    if (content.length !== sizeBytes) throw invalid('it ends within a file')
    at = start + Math.ceil(sizeBytes / blockBytes) * blockBytes
    if (header.type === 'x') {
      extended = readExtended(content)
      continue
    }
    yield { header: { ...header, name: extended.path ?? header.name }, content }
    extended = {}
  }
}

function headerAt(bytes: Uint8Array, at: number): TarHeader | 'end' {
  const block = bytes.subarray(at, at + blockBytes)
  const header = block.length === blockBytes ? decodeHeader(block) : undefined
  if (header === undefined) throw invalid(`there is no header at byte ${at}`)
  return header
}

/** Undefined for entries that carry no file of their own: folders and headers that stand for the whole archive. */
function entryPath({ name, type }: TarHeader): string | undefined {
  if (type === '5' || type === 'g') return undefined
  if (type !== '0' && type !== '7') {
    const what = type === '1' || type === '2' ? 'a link' : `an entry of type ${showPath(type)}`
    throw invalid(`${showPath(name)} is ${what}`)
  }
  return name
}

type Extended = { readonly path?: string; readonly sizeBytes?: number }

/** Records of the form `<length> <key>=<value>\n`; the length counts itself. */
function readExtended(content: Uint8Array): Extended {
  if (content.length > maxExtendedBytes) throw invalid('an extended header is too long')
  const bytes = Buffer.from(content)
  let found: Extended = {}
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = Number(bytes.toString('latin1', at, space))
    const record = bytes.subarray(space + 1, at + length)
    const equals = record.indexOf(0x3d)
    const isSound = space > at && Number.isSafeInteger(length) && length > 0 && equals > 0
    if (!isSound || record.at(-1) !== 0x0a) throw invalid('an extended header is malformed')
    found = { ...found, ...readRecord(record.toString('utf8', 0, equals), record, equals + 1) }
    at += length
  }
  return found
}

function readRecord(key: string, record: Buffer, start: number): Extended {
  const value = record.toString('utf8', start, record.length - 1)
  if (key === 'path') return { path: value }
  if (key !== 'size') return {}
  if (!/^\d{1,15}$/.test(value)) throw invalid('an extended header names an impossible size')
  return { sizeBytes: Number(value) }
}

function invalid(why: string): ArtifactError {
  return new ArtifactError('ArchiveInvalid', `the archive is refused: ${why}`)
}

function tooLarge(limit: string): ArtifactError {
  return new ArtifactError('ArchiveTooLarge', `the archive holds more than ${limit}`)
}
