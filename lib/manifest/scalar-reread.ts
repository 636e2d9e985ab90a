import { faultAt } from './error.ts'
import type { YamlScalar } from './node.ts'

/**
 * What go-yaml v3 reads back of a string with line breaks that it has printed. Its printer has two faults: a block
 * scalar that starts with a tab cannot be read, and folded ones get line breaks that were not there.
 */
export function rereadString(node: YamlScalar, isInFlow: boolean): string {
  const { value } = node
  if (!isPrintedAsBlock(node, isInFlow)) return value
  if (value.startsWith('\t')) {
    throw faultAt(node.line, 'ScalarValue', 'a text of several lines cannot start with a tab')
  }
  return value
}

function isPrintedAsBlock(node: YamlScalar, isInFlow: boolean): boolean {
  if (isInFlow || !node.value.includes('\n')) return false
  return node.style !== 'single' && node.style !== 'double'
}
