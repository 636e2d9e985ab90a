import type { Answer, BuildCase, Order } from './build-case.ts'
import { runBuild, wantedBuild } from './build-case.ts'
import type { Corpus } from './load.ts'

/** Of one case, in one order where there are two. */
export type Result = {
  readonly group: string
  readonly name: string
  /** How ours differs; undefined where it does not. */
  readonly difference: string | undefined
}

/** Asks everything of a corpus that `isWanted` takes, and compares. */
export function* judge(
  { builds, flux }: Pick<Corpus, 'builds' | 'flux'>,
  isWanted: (name: string) => boolean = () => true,
): Iterable<Result> {
  for (const entry of builds) {
    if (!isWanted(entry.name)) continue
    for (const order of ['legacy', 'none'] as const) yield judgeBuild(entry, order)
  }
  for (const { name, kind, want, run } of flux) {
    if (isWanted(name)) yield { group: kind, name, difference: differenceOf(want, run()) }
  }
}

function judgeBuild(entry: BuildCase, order: Order): Result {
  const group = order === 'legacy' ? 'kustomize' : 'kustomize, unsorted'
  const difference = differenceOf(wantedBuild(entry, order), runBuild(entry, order))
  return { group, name: entry.name, difference }
}

/** That both fail is enough; the texts of faults are our own. */
function differenceOf(want: Answer, got: Answer): string | undefined {
  if ('fault' in want) {
    return 'fault' in got ? undefined : `  should fail: ${want.fault}\n${marked('+', got.text)}`
  }
  if ('fault' in got) return `  fails: ${got.fault}\n${marked('-', want.text)}`
  return want.text === got.text ? undefined : diffOf(want.text, got.text)
}

const shownLines = 12

/** The lines between what both begin and end with. */
function diffOf(want: string, got: string): string {
  const left = want.split('\n')
  const right = got.split('\n')
  let start = 0
  while (start < left.length && left[start] === right[start]) start++
  let end = 0
  const shorter = Math.min(left.length, right.length) - start
  while (end < shorter && left.at(-1 - end) === right.at(-1 - end)) end++
  const before = left.slice(Math.max(0, start - 2), start).map((line) => `    ${line}\n`)
  const removed = marked('-', left.slice(start, left.length - end).join('\n'))
  const added = marked('+', right.slice(start, right.length - end).join('\n'))
  return `  line ${start + 1}, - is wanted, + is ours\n${before.join('')}${removed}${added}`
}

function marked(sign: string, text: string): string {
  const lines = text.split('\n')
  const shown = lines.slice(0, shownLines).map((line) => `  ${sign} ${line}\n`)
  return shown.join('') + (lines.length > shownLines ? `  ${sign} …\n` : '')
}
