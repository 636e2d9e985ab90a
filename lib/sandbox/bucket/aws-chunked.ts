/**
 * The payload of a body in AWS's chunk framing, `<hex size>[;…]\r\n<bytes>\r\n` up to a chunk of none and its trailers.
 * Undefined where the framing is broken. Source: Amazon S3, "Authenticating Requests: chunked upload".
 */
export function decodeAwsChunked(body: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const chunks: Buffer[] = []
  let position = 0
  while (position < bytes.length) {
    const end = bytes.indexOf('\r\n', position)
    if (end < 0) return undefined
    const [hex = ''] = bytes.subarray(position, end).toString('latin1').split(';', 1)
    if (!/^[0-9a-fA-F]{1,8}$/.test(hex)) return undefined
    const size = Number.parseInt(hex, 16)
    if (size === 0) return Buffer.concat(chunks)
    const start = end + 2
    if (bytes.subarray(start + size, start + size + 2).toString('latin1') !== '\r\n')
      return undefined
    chunks.push(bytes.subarray(start, start + size))
    position = start + size + 2
  }
  return undefined
}
