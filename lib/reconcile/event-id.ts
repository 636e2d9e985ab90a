let sequence = 0

/**
 * An id that sorts by time, and within one process by order: `<13 digits of ms>-<sequence>-<suffix>`.
 * Events of one run often share a millisecond, and a reader must see them in the order they happened.
 */
export function eventId(time: Date, suffix: string): string {
  sequence = (sequence + 1) % 1_000_000
  const ms = String(time.getTime()).padStart(13, '0')
  return `${ms}-${String(sequence).padStart(6, '0')}-${suffix.slice(0, 8)}`
}
