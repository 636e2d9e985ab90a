const maxUint64 = 0xffff_ffff_ffff_ffffn
const minInt64 = -0x8000_0000_0000_0000n

/**
 * A number as kustomize prints it: integers up to 64 bits in full, others as Go's `%g` does. Takes what Go's JSON
 * would write for it, which is where 1.0 loses its point. Source: encoding/json, go-yaml v2.
 */
export function formatNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  const text = String(value)
  if (!/^-?\d+$/.test(text)) return formatFloat(value)
  const integer = BigInt(text)
  return integer >= minInt64 && integer <= maxUint64 ? text : formatFloat(value)
}

/** Go's `strconv.FormatFloat(value, 'g', -1, 64)`: an exponent from 1e6 on and below 1e-4. */
export function formatFloat(value: number): string {
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 6) return Object.is(value, -0) ? '-0' : String(value)
  const sign = exponent < 0 ? '-' : '+'
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** The decimal with the fewest digits that is the same 32-bit float. */
export function shortestFloat32(value: number): number {
  const target = Math.fround(value)
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === target) return candidate
  }
  return Number(target.toPrecision(9))
}
