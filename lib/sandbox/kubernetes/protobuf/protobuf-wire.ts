export type WireValue = bigint | Buffer

/** A message's values by field number, in the order they came. */
export type Message = ReadonlyMap<number, readonly WireValue[]>

/** Splits a protobuf message into its fields. Throws where it ends too early. */
export function readMessage(bytes: Buffer): Message {
  const message = new Map<number, WireValue[]>()
  let position = 0
  while (position < bytes.length) {
    const tag = readVarint(bytes, position)
    const read = readValue(bytes, tag.end, Number(tag.value & 7n))
    const number = Number(tag.value >> 3n)
    const known = message.get(number) ?? []
    known.push(read.value)
    message.set(number, known)
    position = read.end
  }
  return message
}

type Read<Value> = { readonly value: Value; readonly end: number }

function readValue(bytes: Buffer, position: number, wireType: number): Read<WireValue> {
  switch (wireType) {
    case 0:
      return readVarint(bytes, position)
    case 1:
      return { value: slice(bytes, position, 8).readBigUInt64LE(), end: position + 8 }
    case 2: {
      const length = readVarint(bytes, position)
      const size = Number(length.value)
      return { value: slice(bytes, length.end, size), end: length.end + size }
    }
    case 5:
      return { value: BigInt(slice(bytes, position, 4).readUInt32LE()), end: position + 4 }
    default:
      throw new Error(`wire type ${wireType}`)
  }
}

const maxVarintBytes = 10

function readVarint(bytes: Buffer, position: number): Read<bigint> {
  let value = 0n
  for (let index = 0; index < maxVarintBytes; index += 1) {
    const byte = bytes[position + index]
    if (byte === undefined) break
    value |= BigInt(byte & 0x7f) << BigInt(7 * index)
    if (byte < 0x80) return { value, end: position + index + 1 }
  }
  throw new Error('a number without an end')
}

function slice(bytes: Buffer, start: number, length: number): Buffer {
  if (start + length > bytes.length) throw new Error('the message ends too early')
  return bytes.subarray(start, start + length)
}
