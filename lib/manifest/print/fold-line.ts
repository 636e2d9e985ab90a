import { isBreak } from '../scan/chars.ts'

/** A space behind this column becomes a line break. */
const maxColumn = 80

/**
 * The text of a scalar, plain or quoted, that starts at `column`, with the breaks of libyaml's emitter; further
 * lines start at column `indent`. Block scalars are left as they are.
 */
export function foldLine(text: string, column: number, indent: number): string {
  if (column + text.length <= maxColumn || text.startsWith('|')) return text
  const margin = ' '.repeat(indent)
  const quote = /^['"]/.exec(text)?.[0] ?? ''
  const runes = [...text]
  let folded = ''
  let at = column
  let isBehindSpace = false
  for (const [index, rune] of runes.entries()) {
    const isFold =
      rune === ' ' && !isBehindSpace && at > maxColumn && isFoldable(runes, index, quote)
    isBehindSpace = rune === ' '
    if (isFold) {
      const kept = runes[index + 1] === ' ' ? '\\' : ''
      folded += `\n${margin}${kept}`
      at = margin.length + kept.length
    } else {
      folded += rune
      at = isBreak(rune.charCodeAt(0)) ? 0 : at + 1
    }
  }
  return folded
}

/** Not at the ends of a quoted text; before another space only in double quotes, which can say so. */
function isFoldable(runes: readonly string[], index: number, quote: string): boolean {
  if (quote !== '' && (index <= 1 || index >= runes.length - 2)) return false
  return quote === '"' || runes[index + 1] !== ' '
}
