const pattern =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?(Z|[+-]\d\d:\d\d)| +(\d{1,2}):(\d{1,2}):(\d{1,2})([.,]\d+)?)?$/

/**
 * A date or time as go-yaml takes it, in the form Go's JSON gives it: `2001-12-14t21:59:43.10-05:00` →
 * `2001-12-14T21:59:43.1-05:00`. Undefined where the text is none.
 */
export function parseTimestamp(text: string): string | undefined {
  if (text.charCodeAt(4) !== 45) return undefined
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, year = '', month = '', day = ''] = match
  if (!isDay(Number(year), Number(month), Number(day))) return undefined
  const [hour = '0', minute = '0', second = '0', fraction = ''] =
    match[8] === undefined ? match.slice(9) : match.slice(4)
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const zone = parseZone(match[8] ?? 'Z')
  if (zone === undefined) return undefined
  const date = `${year}-${pad(month)}-${pad(day)}`
  return `${date}T${pad(hour)}:${pad(minute)}:${pad(second)}${trimFraction(fraction)}${zone}`
}

export function isTimestamp(text: string): boolean {
  return parseTimestamp(text) !== undefined
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day <= (days[month - 1] ?? 0)
}

/** Go lets an offset reach 24:60 and writes it carried over. */
function parseZone(zone: string): string | undefined {
  if (zone === 'Z') return 'Z'
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(4, 6))
  if (hours > 24 || minutes > 60) return undefined
  const total = hours * 60 + minutes
  if (total === 0) return 'Z'
  return `${zone.charAt(0)}${pad(Math.floor(total / 60))}:${pad(total % 60)}`
}

/** Nanoseconds at most, no trailing zeros. */
function trimFraction(fraction: string): string {
  const digits = fraction.slice(1, 10).replace(/0+$/, '')
  return digits === '' ? '' : `.${digits}`
}

function pad(value: string | number): string {
  return String(value).padStart(2, '0')
}
