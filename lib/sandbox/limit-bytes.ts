import { Transform } from 'node:stream'

/** Passes a stream through and fails it once it is larger than `maxBytes`. */
export function limitBytes(maxBytes: number): Transform {
  let seen = 0
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      seen += chunk.byteLength
      if (seen > maxBytes) done(new Error(`larger than ${maxBytes} bytes`))
      else done(null, chunk)
    },
  })
}
