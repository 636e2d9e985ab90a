import type { Json } from '../../manifest/object.ts'

const decimalSuffixes: readonly string[] = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const shape = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?$/

/**
 * A quantity as the API server writes it back: `1000m` is `1`, `0.5` is `500m`, `1024Mi` is `1Gi`.
 * What is no quantity, or is written with an exponent, comes back as it was.
 */
export function canonicalQuantity(value: Json): Json {
  if (typeof value !== 'number' && typeof value !== 'string') return value
  const [, sign = '', whole = '', fraction = '', suffix = '', exponent] =
    shape.exec(String(value)) ?? []
  if ((whole === '' && fraction === '') || exponent !== undefined) return value
  if (whole.length + fraction.length > 30) return value
  const isBinary = suffix.endsWith('i')
  const nanos = toNanos(whole, fraction, suffix, isBinary)
  const minus = sign === '-' ? '-' : ''
  if (nanos === 0n) return '0'
  // Binary suffixes cannot say parts of one, nor less than 1024.
  const printed =
    isBinary && nanos % giga === 0n && nanos / giga >= 1024n
      ? printBinary(nanos / giga)
      : printDecimal(nanos)
  return `${minus}${printed}`
}

/** Below, equal or above zero; what is no quantity counts as nothing. */
export function compareQuantities(left: Json, right: Json): number {
  const [a, b] = [nanosOf(left), nanosOf(right)]
  return a < b ? -1 : Number(a > b)
}

function nanosOf(value: Json): bigint {
  const [, sign = '', whole = '', fraction = '', suffix = '', exponent] =
    shape.exec(String(value)) ?? []
  if (exponent !== undefined || whole.length + fraction.length > 30) return 0n
  const nanos = toNanos(whole, fraction, suffix, suffix.endsWith('i'))
  return sign === '-' ? -nanos : nanos
}

/** What the API server says of a text that is no quantity. */
export function quantityFault(text: string): string | undefined {
  const [, number = '', suffix = ''] =
    /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/.exec(text) ?? []
  if (number === '' || !/\d/.test(number) || number.split('.').length > 2) {
    return "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  }
  const isKnown =
    decimalSuffixes.includes(suffix) ||
    binarySuffixes.includes(suffix) ||
    /^[eE][-+]?\d+$/.test(suffix)
  return isKnown ? undefined : "unable to parse quantity's suffix"
}

const giga = 1_000_000_000n

function toNanos(whole: string, fraction: string, suffix: string, isBinary: boolean): bigint {
  const digits = BigInt(`${whole}${fraction}` || '0')
  const scale = isBinary
    ? 1024n ** BigInt(binarySuffixes.indexOf(suffix)) * giga
    : 1000n ** BigInt(decimalSuffixes.indexOf(suffix))
  const divisor = 10n ** BigInt(fraction.length)
  const scaled = digits * scale
  // Smaller than a billionth is rounded up, as the API server does.
  return (scaled + divisor - 1n) / divisor
}

function printDecimal(nanos: bigint): string {
  let rest = nanos
  let index = 0
  while (rest % 1000n === 0n && index < decimalSuffixes.length - 1) {
    rest /= 1000n
    index += 1
  }
  return `${rest}${decimalSuffixes[index]}`
}

function printBinary(units: bigint): string {
  let rest = units
  let index = 0
  while (rest % 1024n === 0n && index < binarySuffixes.length - 1) {
    rest /= 1024n
    index += 1
  }
  return `${rest}${binarySuffixes[index]}`
}
