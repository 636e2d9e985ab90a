import { ManifestError } from '../error.ts'
import { defaultReadLimits } from '../limits.ts'
import { createReadContext, readDocument } from '../read.ts'
import { dialectV2, nodeToJsonV2 } from '../read-v2.ts'
import { resolveTagV2 } from './resolve-v2.ts'

const word = /^[A-Za-z_$/][\w./$-]*$/

/**
 * True for a text of one line that go-yaml v2 reads as something else than a string: a number, `yes`, but also
 * `a: b`, `[x]` and a lone comment. What it cannot read counts as a string. Source: kyaml IsValueNonString.
 */
export function isOtherInYaml11(text: string): boolean {
  if (text === '' || text.includes('\n')) return false
  if (word.test(text)) return resolveTagV2(text) !== '!!str'
  try {
    const context = createReadContext(dialectV2, defaultReadLimits)
    const node = readDocument({ text, line: 1 }, context)
    if (node === undefined) return true
    if (node.kind === 'scalar' && node.tag === '!!float') return true
    return typeof nodeToJsonV2(node) !== 'string'
  } catch (error) {
    if (error instanceof ManifestError) return false
    throw error
  }
}
