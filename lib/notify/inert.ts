/**
 * `text` cut so that `encode` of it fits into `maxLength`, with an ellipsis where something is missing.
 * The cut is made before encoding, so that no entity or escape is torn.
 */
export function shortened(
  text: string,
  maxLength: number,
  encode: (text: string) => string = (same) => same,
): string {
  const whole = encode(text)
  if (whole.length <= maxLength) return whole
  let low = 0
  let high = Math.min(text.length, maxLength)
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (encode(`${headOf(text, middle)}…`).length <= maxLength) low = middle
    else high = middle - 1
  }
  return encode(`${headOf(text, low)}…`)
}

/** The first items that fit into `budget`, and how many are left out; `more` is kept free for saying so. */
export function fitting<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  limits: { readonly budget: number; readonly maxItems: number; readonly more: number },
): { readonly kept: readonly T[]; readonly omitted: number } {
  let free = limits.budget
  const total = items.reduce((sum, item) => sum + sizeOf(item), 0)
  if (total <= free && items.length <= limits.maxItems) return { kept: items, omitted: 0 }
  free -= limits.more
  const kept: T[] = []
  for (const item of items.slice(0, limits.maxItems - 1)) {
    free -= sizeOf(item)
    if (free < 0) break
    kept.push(item)
  }
  return { kept, omitted: items.length - kept.length }
}

/** Without what a terminal or a chat would obey instead of show: control characters and bidirectional overrides. */
export function visible(text: string): string {
  return text.replace(ansiSequence, '').replace(/\r\n?/g, '\n').replace(invisible, '')
}

export function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, ' ').trim()
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const ansiSequence = /\u001b\[[0-?]*[ -/]*[@-~]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const invisible = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Never half a surrogate pair. */
function headOf(text: string, length: number): string {
  const isTorn = /[\ud800-\udbff]/.test(text.charAt(length - 1))
  return text.slice(0, isTorn ? length - 1 : length)
}
