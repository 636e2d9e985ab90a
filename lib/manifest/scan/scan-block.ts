import { char, isBlank, isBreak, isDigit } from './chars.ts'
import { addToken, lineEnd, readBreak, type Scan, scanFault, skipBreak, token } from './scan.ts'

/** What the header behind `|` or `>` says. `increment` is 0 where the indentation is to be found out. */
type BlockHeader = { readonly chomping: '' | '+' | '-'; readonly increment: number }

/** Scans a literal or folded block scalar. */
export function scanBlockScalar(scan: Scan, isLiteral: boolean): void {
  const { line } = scan
  scan.position++
  const header = scanHeader(scan)
  const given = header.increment === 0 ? 0 : Math.max(scan.indent, 0) + header.increment
  const start = scanBlockBreaks(scan, given)
  const value = isLiteral
    ? scanLiteral(scan, start, header.chomping)
    : scanFolded(scan, start, header.chomping)
  addToken(scan, isLiteral ? token.literal : token.folded, value, line)
}

function scanHeader(scan: Scan): BlockHeader {
  let chomping = scanChomping(scan)
  const increment = scanIncrement(scan)
  if (chomping === '') chomping = scanChomping(scan)
  const { text } = scan
  while (isBlank(text.charCodeAt(scan.position))) scan.position++
  if (text.charCodeAt(scan.position) === char.hash) scan.position = lineEnd(scan, scan.position)
  if (scan.position < scan.end) {
    if (!isBreak(text.charCodeAt(scan.position))) {
      throw scanFault(scan, 'expected a comment or a line break behind the block scalar indicator')
    }
    skipBreak(scan)
  }
  return { chomping, increment }
}

function scanChomping(scan: Scan): '' | '+' | '-' {
  const code = scan.text.charCodeAt(scan.position)
  if (code !== char.plus && code !== char.dash) return ''
  scan.position++
  return code === char.plus ? '+' : '-'
}

function scanIncrement(scan: Scan): number {
  const code = scan.text.charCodeAt(scan.position)
  if (!isDigit(code)) return 0
  if (code === char.zero) throw scanFault(scan, 'the indentation of a block scalar cannot be 0')
  scan.position++
  return code - char.zero
}

/** The indentation of the scalar, and the empty lines that were passed. */
type BlockBreaks = { readonly indent: number; readonly breaks: string }

/** Passes indentation and empty lines; finds the indentation where `given` is 0. */
function scanBlockBreaks(scan: Scan, given: number): BlockBreaks {
  const { text } = scan
  let breaks = ''
  let deepest = 0
  for (;;) {
    while (
      text.charCodeAt(scan.position) === char.space &&
      (given === 0 || scan.position - scan.lineStart < given)
    ) {
      scan.position++
    }
    const column = scan.position - scan.lineStart
    deepest = Math.max(deepest, column)
    const code = text.charCodeAt(scan.position)
    if (code === char.tab && (given === 0 || column < given)) {
      throw scanFault(scan, 'found a tab where the indentation of a block scalar is expected')
    }
    if (!isBreak(code)) break
    breaks += readBreak(scan)
  }
  return { indent: given === 0 ? Math.max(deepest, scan.indent + 1, 1) : given, breaks }
}

function scanLiteral(scan: Scan, start: BlockBreaks, chomping: BlockHeader['chomping']): string {
  const { indent } = start
  let { breaks } = start
  let lastBreak = ''
  const lines: string[] = []
  while (isAtContent(scan, indent)) {
    lines.push(lastBreak, breaks, takeLine(scan))
    lastBreak = takeBreak(scan)
    breaks = scanBlockBreaks(scan, indent).breaks
  }
  return chomp(lines.join(''), lastBreak, breaks, chomping)
}

function scanFolded(scan: Scan, start: BlockBreaks, chomping: BlockHeader['chomping']): string {
  const { indent } = start
  let { breaks } = start
  let lastBreak = ''
  let isPreviousIndented = false
  let value = ''
  while (isAtContent(scan, indent)) {
    const isIndented = isBlank(scan.text.charCodeAt(scan.position))
    if (lastBreak === '\n' && !isPreviousIndented && !isIndented) value += breaks === '' ? ' ' : ''
    else value += lastBreak
    value += breaks + takeLine(scan)
    isPreviousIndented = isIndented
    lastBreak = takeBreak(scan)
    breaks = scanBlockBreaks(scan, indent).breaks
  }
  return chomp(value, lastBreak, breaks, chomping)
}

function isAtContent(scan: Scan, indent: number): boolean {
  return scan.position - scan.lineStart === indent && scan.position < scan.end
}

function takeLine(scan: Scan): string {
  const start = scan.position
  scan.position = lineEnd(scan, start)
  return scan.text.slice(start, scan.position)
}

function takeBreak(scan: Scan): string {
  return scan.position < scan.end ? readBreak(scan) : ''
}

function chomp(value: string, lastBreak: string, breaks: string, chomping: '' | '+' | '-'): string {
  if (chomping === '-') return value
  return chomping === '+' ? value + lastBreak + breaks : value + lastBreak
}
