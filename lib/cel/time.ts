import { conversionFault } from './cel-error.ts'
import type { CelValue } from './value.ts'

const unitNanos: Readonly<Record<string, bigint>> = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  µs: 1_000n,
  ns: 1n,
}

/** A Go duration, `-1h30m0.5s`. */
export function parseDuration(text: string): CelValue {
  const body = /^([-+]?)((?:\d{1,18}(?:\.\d{0,9})?(?:h|m|s|ms|us|µs|ns))+)$/.exec(text)
  if (body === null && text !== '0') throw conversionFault('google.protobuf.Duration')
  const [, sign = '', parts = ''] = body ?? []
  let nanos = 0n
  for (const [, whole = '', part = '', unit = ''] of parts.matchAll(
    /(\d+)(?:\.(\d*))?(ms|us|µs|ns|h|m|s)/g,
  )) {
    const size = unitNanos[unit] ?? 0n
    nanos += BigInt(whole) * size + (BigInt(part.padEnd(9, '0')) * size) / 1_000_000_000n
  }
  return { type: 'duration', nanos: sign === '-' ? -nanos : nanos }
}

/** RFC 3339 with up to nine digits behind the second. */
export function parseTimestamp(text: string): CelValue {
  const found = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[-+]\d{2}:\d{2})$/.exec(
    text,
  )
  const [, seconds = '', part = '', zone = ''] = found ?? []
  const ms = Date.parse(`${seconds}${zone}`)
  if (found === null || Number.isNaN(ms)) throw conversionFault('google.protobuf.Timestamp')
  return { type: 'timestamp', nanos: BigInt(ms) * 1_000_000n + BigInt(part.padEnd(9, '0')) }
}

export function formatTimestamp(nanos: bigint): string {
  const seconds = nanos / 1_000_000_000n
  const part = nanos % 1_000_000_000n
  const text = new Date(Number(seconds) * 1_000).toISOString().slice(0, 19)
  const fraction = part === 0n ? '' : `.${String(part).padStart(9, '0').replace(/0+$/, '')}`
  return `${text}${fraction}Z`
}

/** `3600s`, `1.5s`: how CEL prints a duration. */
export function formatCelDuration(nanos: bigint): string {
  return `${Number(nanos) / 1e9}s`
}

const dateParts: Readonly<Record<string, (date: Date) => number>> = {
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDayOfMonth: (date) => date.getUTCDate() - 1,
  getDate: (date) => date.getUTCDate(),
  getDayOfWeek: (date) => date.getUTCDay(),
  getDayOfYear: (date) =>
    (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) -
      Date.UTC(date.getUTCFullYear(), 0, 1)) /
    86_400_000,
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
}

/** `getHours` and its like, in UTC; undefined for another name. */
export function timestampPart(name: string, nanos: bigint): CelValue | undefined {
  const read = Object.hasOwn(dateParts, name) ? dateParts[name] : undefined
  return read === undefined ? undefined : BigInt(read(new Date(Number(nanos / 1_000_000n))))
}

/** The whole duration in that unit; but `getMilliseconds` only what is behind the second. */
export function durationPart(name: string, nanos: bigint): CelValue | undefined {
  switch (name) {
    case 'getHours':
      return nanos / 3_600_000_000_000n
    case 'getMinutes':
      return nanos / 60_000_000_000n
    case 'getSeconds':
      return nanos / 1_000_000_000n
    case 'getMilliseconds':
      return nanos / 1_000_000n
    default:
      return undefined
  }
}
