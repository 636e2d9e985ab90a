/** A tar is made of blocks of this size. */
export const blockBytes = 512
/** What fits into a header's own name field; longer paths stand in an extended header before it. */
export const maxNameBytes = 100

/** What we read of one header; numbers are what the header says, to be checked against limits. */
export type TarHeader = {
  readonly name: string
  readonly mode: number
  readonly sizeBytes: number
  /** `0` file, `5` folder, `x` extended header of the next entry, `1` and `2` links. */
  readonly type: string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const checksumField = { start: 148, end: 156 }

/**
 * Writes a ustar header into a block of zeros. Owner, group and times stay zero, so that it depends on nothing
 * but its entry.
 */
export function writeHeader(block: Uint8Array, header: TarHeader): void {
  encoder.encodeInto(header.name, block.subarray(0, maxNameBytes))
  writeText(block, 100, octal(header.mode, 7))
  writeText(block, 108, octal(0, 7))
  writeText(block, 116, octal(0, 7))
  writeText(block, 124, octal(header.sizeBytes, 11))
  writeText(block, 136, octal(0, 11))
  writeText(block, 156, header.type)
  writeText(block, 257, 'ustar\x0000')
  writeText(block, checksumField.start, `${octal(checksum(block), 6)}\0 `)
}

/** The header in a block; `end` for the zero block behind the last entry, undefined where it is none. */
export function decodeHeader(block: Uint8Array): TarHeader | 'end' | undefined {
  if (block[0] === 0 && block.every((byte) => byte === 0)) return 'end'
  const sizeBytes = readOctal(block, 124, 12)
  const mode = readOctal(block, 100, 8)
  const isIntact = readOctal(block, checksumField.start, 8) === checksum(block)
  if (!isIntact || sizeBytes === undefined || mode === undefined) return undefined
  const isUstar = readText(block, 257, 5) === 'ustar' && readText(block, 263, 2) === '00'
  const prefix = isUstar ? readText(block, 345, 155) : ''
  const name = readText(block, 0, maxNameBytes)
  const type = readText(block, 156, 1) || '0'
  return { name: prefix === '' ? name : `${prefix}/${name}`, mode, sizeBytes, type }
}

/** The sum of all bytes, with the field of the sum itself read as spaces. */
function checksum(block: Uint8Array): number {
  let sum = (checksumField.end - checksumField.start) * 0x20
  for (let at = 0; at < blockBytes; at += 1) {
    if (at < checksumField.start || at >= checksumField.end) sum += block[at] ?? 0
  }
  return sum
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

/** ASCII only. */
function writeText(block: Uint8Array, at: number, text: string): void {
  for (let index = 0; index < text.length; index += 1) block[at + index] = text.charCodeAt(index)
}

function readText(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length)
  const end = field.indexOf(0)
  return decoder.decode(end === -1 ? field : field.subarray(0, end))
}

function readOctal(block: Uint8Array, at: number, length: number): number | undefined {
  const text = readText(block, at, length).trim()
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined
}
