/**
 * Text that grows at its end, kept as UTF-8. Pieces by the million are cheaper as bytes than as strings that the
 * engine chains together. It grows by blocks, so that it is never copied and never twice as large as need be.
 */
export type TextWriter = {
  bytes: Uint8Array<ArrayBuffer>
  length: number
  /** Blocks that are full, as text. */
  readonly done: string[]
}

const firstBytes = 4096
const blockBytes = 256 * 1024
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export function createWriter(): TextWriter {
  return { bytes: new Uint8Array(firstBytes), length: 0, done: [] }
}

export function write(writer: TextWriter, text: string): void {
  const size = text.length
  if (writer.length + size > writer.bytes.length) makeRoom(writer, size)
  const { bytes, length } = writer
  for (let at = 0; at < size; at++) {
    const code = text.charCodeAt(at)
    if (code > 127) {
      writeWide(writer, text)
      return
    }
    bytes[length + at] = code
  }
  writer.length = length + size
}

function writeWide(writer: TextWriter, text: string): void {
  if (writer.length + text.length * 3 > writer.bytes.length) makeRoom(writer, text.length * 3)
  writer.length += encoder.encodeInto(text, writer.bytes.subarray(writer.length)).written
}

export function writeSpaces(writer: TextWriter, count: number): void {
  if (writer.length + count > writer.bytes.length) makeRoom(writer, count)
  writer.bytes.fill(32, writer.length, writer.length + count)
  writer.length += count
}

export function textOf(writer: TextWriter): string {
  return writer.done.join('') + written(writer)
}

function written({ bytes, length }: TextWriter): string {
  return decoder.decode(bytes.subarray(0, length))
}

/** Ends the block; a larger one is begun where it was too small for what comes. */
function makeRoom(writer: TextWriter, size: number): void {
  writer.done.push(written(writer))
  writer.length = 0
  const wanted = Math.max(size, Math.min(writer.bytes.length * 2, blockBytes))
  if (writer.bytes.length < wanted) writer.bytes = new Uint8Array(wanted)
}
