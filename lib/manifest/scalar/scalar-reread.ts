import { faultAt } from '../error.ts'
import type { YamlScalar } from '../node.ts'
import { isBlank, isBlankOrEnd, isBreak } from '../scan/chars.ts'
import { createScan } from '../scan/scan.ts'
import { scanBlockScalar } from '../scan/scan-block.ts'
import { chompHint, shapeOf } from './scalar-text.ts'

/**
 * What go-yaml v3 reads back of a string with line breaks that it has printed. Its printer has two faults: a block
 * scalar that starts with a tab cannot be read, and folded ones get line breaks that were not there.
 */
export function rereadString(node: YamlScalar, isInFlow: boolean): string {
  const { value, style } = node
  if (isInFlow || style === 'single' || style === 'double' || !isBlockAllowed(value)) return value
  if (style !== 'folded' && !value.includes('\n') && style !== 'literal') return value
  if (value.startsWith('\t')) {
    throw faultAt(node.line, 'ScalarValue', 'a text of several lines cannot start with a tab')
  }
  return style === 'folded' ? rereadFolded(value) : value
}

/** Unlike v2, v3 takes a tab into a block scalar. */
function isBlockAllowed(value: string): boolean {
  return shapeOf(value.replaceAll('\t', 'x')).isBlockAllowed
}

function rereadFolded(value: string): string {
  const scan = createScan(printFolded(value), 1, { lookAhead: 0, allowsTabsBetweenComments: true })
  scan.indent = 0
  scanBlockScalar(scan, false)
  return scan.texts[0] ?? value
}

/**
 * A folded scalar as v3 prints it: every line break is doubled unless it follows another one or an indented line.
 * The look at what follows starts at the beginning of the value instead of at the break.
 */
function printFolded(value: string): string {
  const startsBlank = isStartBlank(value)
  let text = `>${isSpaceOrBreak(value.charCodeAt(0)) ? '2' : ''}${chompHint(value)}\n`
  let isBehindBreak = true
  let isIndented = true
  for (const unit of value) {
    const code = unit.charCodeAt(0)
    if (isBreak(code)) {
      if (!isBehindBreak && !isIndented && unit === '\n' && !startsBlank) text += '\n'
      isBehindBreak = true
    } else if (isBehindBreak) {
      isIndented = isBlank(code)
      text += '  '
      isBehindBreak = false
    }
    text += unit
  }
  return text
}

/** Behind the breaks it starts with, the value goes on with a blank, or not at all. */
function isStartBlank(value: string): boolean {
  let at = 0
  while (isBreak(value.charCodeAt(at))) at++
  return isBlankOrEnd(value.charCodeAt(at))
}

function isSpaceOrBreak(code: number): boolean {
  return code === 32 || isBreak(code)
}
