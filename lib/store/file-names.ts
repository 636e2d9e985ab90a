/**
 * How keys become file names: readable where they can be, the same on every disk. Lower case letters, digits and `-_.`
 * stay; all other bytes become `%xx`, so that names differ by more than case. A record ends in `.rec`, a folder does not.
 * A segment too long for one name is cut into nested folders whose names end in `~`.
 */
export function pathOfKey(key: string): string {
  return `${pathOfFolder(key)}${recordSuffix}`
}

/** Where the records whose keys start with `<key>/` lie. */
export function pathOfFolder(key: string): string {
  return key
    .split('/')
    .map((segment) => cut(encodeSegment(segment)))
    .join('/')
}

export type FileName =
  | { readonly type: 'record' | 'folder'; readonly segment: string }
  /** The first part of a long segment, still encoded. */
  | { readonly type: 'part'; readonly encoded: string }

/** What a name in the folder stands for; undefined where it is none of ours. `begun` is what outer folders hold of the segment. */
export function parseFileName(name: string, begun: string): FileName | undefined {
  if (begun === '' && name.startsWith('.')) return undefined
  if (name.endsWith('~')) return { type: 'part', encoded: begun + name.slice(0, -1) }
  const isRecord = name.endsWith(recordSuffix)
  const encoded = begun + (isRecord ? name.slice(0, -recordSuffix.length) : name)
  const segment = decodeSegment(encoded)
  return segment === undefined ? undefined : { type: isRecord ? 'record' : 'folder', segment }
}

const recordSuffix = '.rec'
/** File names end at 255 bytes; a temporary or backup suffix of somebody else's still fits. */
const maxNameLength = 200

function encodeSegment(segment: string): string {
  // Nearly all segments are as they should be already.
  if (/^[a-z0-9_-]+$/.test(segment) && !deviceName.test(segment)) return segment
  const plain = [...Buffer.from(segment)]
    .map((byte) => {
      const character = String.fromCharCode(byte)
      return /[a-z0-9._-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
    })
    .join('')
  return plain
    .replace(/^\.|\.$/g, '%2e')
    .replace(/\.rec$/, '%2erec')
    .replace(deviceName, (name) => `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`)
}

/** Names that Windows keeps for devices, with or without an extension. */
const deviceName = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/

function decodeSegment(encoded: string): string | undefined {
  if (!/^(?:[a-z0-9._-]|%[0-9a-f]{2})+$/.test(encoded)) return undefined
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}

function cut(encoded: string): string {
  if (encoded.length <= maxNameLength) return encoded
  return `${encoded.slice(0, maxNameLength)}~/${cut(encoded.slice(maxNameLength))}`
}
