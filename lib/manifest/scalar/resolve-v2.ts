import { parseFloatText, parseInteger, resolveFraction } from './resolve.ts'
import { isTimestamp } from './timestamp.ts'

/** What a plain scalar means by go-yaml v2: YAML 1.1 with its many booleans. */
const words: ReadonlyMap<string, string> = new Map([
  ...entries('!!bool', 'y Y yes Yes YES true True TRUE on On ON'),
  ...entries('!!bool', 'n N no No NO false False FALSE off Off OFF'),
  ...entries('!!null', ' ~ null Null NULL'),
  ...entries('!!float', '.nan .NaN .NAN .inf .Inf .INF +.inf +.Inf +.INF -.inf -.Inf -.INF'),
])

export const trueWordsV2: ReadonlySet<string> = new Set(
  'y Y yes Yes YES true True TRUE on On ON'.split(' '),
)

/** Tag of a plain scalar in YAML 1.1. */
export function resolveTagV2(text: string): string {
  const code = text.charCodeAt(0)
  const isNumberLike = code === 43 || code === 45 || code === 46 || (code >= 48 && code <= 57)
  if (text.length < 6) {
    const word = words.get(text)
    if (word !== undefined) return word
  }
  return isNumberLike ? resolveNumberV2(text) : '!!str'
}

function entries(tag: string, list: string): [string, string][] {
  return list.split(' ').map((word) => [word, tag])
}

function resolveNumberV2(text: string): string {
  if (text.startsWith('.')) return resolveFraction(text)
  if (isTimestamp(text)) return '!!timestamp'
  const plain = text.replaceAll('_', '')
  if (parseInteger(plain, 'v2') !== undefined) return '!!int'
  return parseFloatText(plain) === undefined ? '!!str' : '!!float'
}
