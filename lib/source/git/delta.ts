import { SourceError } from '../source-error.ts'

/**
 * Rebuilds an object from its base and a delta: instructions to copy a stretch of the base or to insert bytes.
 * `spend` is told how long the result will be before anything is allocated. Source: gitformat-pack(5).
 */
export function applyDelta(
  base: Buffer,
  delta: Buffer,
  spend: (sizeBytes: number) => void,
): Buffer {
  const from = readSize(delta, 0)
  const to = readSize(delta, from.next)
  if (from.value !== base.length) throw broken()
  spend(to.value)
  const result = Buffer.alloc(to.value)
  let filled = 0
  for (let at = to.next; at < delta.length; ) {
    const step = readStep(delta, at)
    const source = step.isCopy ? base : delta
    if (step.end > source.length || filled + step.end - step.start > result.length) throw broken()
    filled += source.copy(result, filled, step.start, step.end)
    at = step.next
  }
  if (filled !== result.length) throw broken()
  return result
}

type Step = {
  readonly isCopy: boolean
  readonly start: number
  readonly end: number
  readonly next: number
}

/** The highest bit tells a copy; its lower bits tell which bytes of offset and length follow. */
function readStep(delta: Buffer, at: number): Step {
  const code = delta[at] ?? 0
  if (code === 0) throw broken()
  if (code < 0x80) {
    return { isCopy: false, start: at + 1, end: at + 1 + code, next: at + 1 + code }
  }
  let next = at + 1
  const read = (bit: number): number => {
    if ((code & (1 << bit)) === 0) return 0
    const byte = delta[next]
    if (byte === undefined) throw broken()
    next += 1
    return byte
  }
  const start = read(0) + read(1) * 0x100 + read(2) * 0x10000 + read(3) * 0x1000000
  const length = read(4) + read(5) * 0x100 + read(6) * 0x10000
  return { isCopy: true, start, end: start + (length === 0 ? 0x10000 : length), next }
}

function readSize(delta: Buffer, start: number): { readonly value: number; readonly next: number } {
  let value = 0
  let scale = 1
  for (let at = start; at < delta.length && scale < 2 ** 49; at += 1) {
    const byte = delta[at] ?? 0
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return { value, next: at + 1 }
    scale *= 128
  }
  throw broken()
}

function broken(): SourceError {
  return new SourceError('PackInvalid', 'the pack is refused: a delta is malformed')
}
