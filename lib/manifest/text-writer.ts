/**
 * Text that grows at its end, kept as UTF-8. Pieces by the million are cheaper as bytes than as strings that the
 * engine chains together.
 */
export type TextWriter = { bytes: Uint8Array<ArrayBuffer>; length: number }

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export function createWriter(): TextWriter {
  return { bytes: new Uint8Array(4096), length: 0 }
}

export function write(writer: TextWriter, text: string): void {
  const size = text.length
  if (writer.length + size > writer.bytes.length) grow(writer, size)
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
  if (writer.length + text.length * 3 > writer.bytes.length) grow(writer, text.length * 3)
  writer.length += encoder.encodeInto(text, writer.bytes.subarray(writer.length)).written
}

export function writeSpaces(writer: TextWriter, count: number): void {
  if (writer.length + count > writer.bytes.length) grow(writer, count)
  writer.bytes.fill(32, writer.length, writer.length + count)
  writer.length += count
}

export function textOf(writer: TextWriter): string {
  return decoder.decode(writer.bytes.subarray(0, writer.length))
}

function grow(writer: TextWriter, size: number): void {
  const larger = new Uint8Array(Math.max(writer.bytes.length * 2, writer.length + size))
  larger.set(writer.bytes.subarray(0, writer.length))
  writer.bytes = larger
}
