/** A finite number as all of its decimal digits: `digits` × 10^-`places`. */
export type Decimal = { readonly digits: bigint; readonly places: number }

/** With so many digits behind the point, of two equally near ones the even one, as Go rounds. */
export function toFixed(value: number, precision: number): string {
  const { digits, places } = exactDecimal(value)
  const rounded = String(roundOff(digits, places - precision))
  const kept = Math.min(precision, places)
  const text = rounded.padStart(kept + 1, '0')
  const [whole, part] = [text.slice(0, text.length - kept), text.slice(text.length - kept)]
  const point = precision === 0 ? '' : `.${part.padEnd(precision, '0')}`
  return `${sign(value)}${whole}${point}`
}

/** `1.50e+00`, with so many digits behind the point. */
export function toScientific(value: number, precision: number): string {
  const { digits, places } = exactDecimal(value)
  const all = String(digits)
  let exponent = digits === 0n ? 0 : all.length - 1 - places
  let text = String(roundOff(digits, all.length - 1 - precision))
  // 9.99 becomes 10.0: one digit more, and a larger exponent.
  if (digits !== 0n && text.length > Math.min(precision + 1, all.length)) {
    text = text.slice(0, -1)
    exponent += 1
  }
  const point = precision === 0 ? '' : `.${text.slice(1).padEnd(precision, '0')}`
  const power = String(Math.abs(exponent)).padStart(2, '0')
  return `${sign(value)}${text.slice(0, 1)}${point}e${exponent < 0 ? '-' : '+'}${power}`
}

/** The shortest digits that tell the number, and no exponent. */
export function toPlain(value: number): string {
  const [mantissa = '', power] = String(Math.abs(value)).split('e')
  const [whole = '', part = ''] = mantissa.split('.')
  const shift = Number(power ?? 0)
  const digits = `${whole}${part}`
  const point = whole.length + shift
  const plain =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : `${digits.slice(0, point).padEnd(point, '0')}${digits.length > point ? `.${digits.slice(point)}` : ''}`
  return `${sign(value)}${plain}`
}

/** Every digit of a double, of which there are at most some eight hundred. */
function exactDecimal(value: number): Decimal {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, Math.abs(value))
  const bits = view.getBigUint64(0)
  const exponent = Number(bits >> 52n)
  const fraction = bits & 0xfffffffffffffn
  const mantissa = exponent === 0 ? fraction : fraction | (1n << 52n)
  const power = Math.max(exponent, 1) - 1075
  if (power >= 0) return { digits: mantissa << BigInt(power), places: 0 }
  return { digits: mantissa * 5n ** BigInt(-power), places: -power }
}

function sign(value: number): string {
  return value < 0 || Object.is(value, -0) ? '-' : ''
}

/** Without its last `count` digits; half goes to the even. */
function roundOff(digits: bigint, count: number): bigint {
  if (count <= 0) return digits
  const unit = 10n ** BigInt(count)
  const [whole, rest] = [digits / unit, digits % unit]
  const isUp = rest * 2n > unit || (rest * 2n === unit && whole % 2n === 1n)
  return isUp ? whole + 1n : whole
}
