import { compileGlob } from './glob.ts'

/** One line of an ignore file. */
export type Pattern = {
  /** Segments of the folder the rule is read in; it says nothing about what lies outside. */
  readonly domain: readonly string[]
  readonly isInclusion: boolean
  readonly isFolderOnly: boolean
  /** True where the rule has a `/` before its end: it is then matched from the domain's root. */
  readonly isAnchored: boolean
  /** The names of the rule in order; none where it is malformed, and so matches nothing. */
  readonly steps: readonly Step[]
  /** What follows the last name. */
  readonly tail: 'nothing' | 'folders' | 'other'
}

type Step = {
  readonly matches: (name: string) => boolean
  /** True behind `**`: any number of folders may stand before it. */
  readonly isFloating: boolean
}

/** The rules of an ignore file's text; lines that are empty or start with `#` are none. */
export function readPatterns(text: string, domain: readonly string[]): readonly Pattern[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .map((line) => parsePattern(line, domain))
}

function parsePattern(line: string, domain: readonly string[]): Pattern {
  const isInclusion = line.startsWith('!')
  const text = trimSpaces(isInclusion ? line.slice(1) : line)
  const isFolderOnly = text.endsWith('/')
  const body = isFolderOnly ? text.slice(0, -1) : text
  const isAnchored = body.includes('/')
  const segments = isAnchored ? body.split('/') : [body]
  const steps = isAnchored ? anchoredSteps(segments) : compileSteps(segments, () => false)
  return { domain, isInclusion, isFolderOnly, isAnchored, steps, tail: tailOf(segments) }
}

/** Spaces at the end do not count, but behind a backslash all of them stay. */
function trimSpaces(text: string): string {
  let end = text.length
  if (text.endsWith('\\ ')) return text
  while (text[end - 1] === ' ') end -= 1
  return text.slice(0, end)
}

function anchoredSteps(segments: readonly string[]): readonly Step[] {
  if (segments.some((segment) => segment !== '**' && segment.includes('**'))) return []
  return compileSteps(segments, (index) => segments[index - 1] === '**').filter(
    (_, index) => segments[index] !== '' && segments[index] !== '**',
  )
}

function compileSteps(
  segments: readonly string[],
  isFloating: (index: number) => boolean,
): readonly Step[] {
  const globs = segments.map(compileGlob)
  const compiled = globs.filter((glob) => glob !== undefined)
  if (compiled.length < segments.length) return []
  return compiled.map((matches, index) => ({ matches, isFloating: isFloating(index) }))
}

function tailOf(segments: readonly string[]): Pattern['tail'] {
  const last = segments.findLastIndex((segment) => segment !== '' && segment !== '**')
  const tail = segments.slice(last + 1)
  if (tail.length === 0) return 'nothing'
  return tail.length === 1 && tail[0] === '**' ? 'folders' : 'other'
}

/** True where the rule matches the path or a folder above it. Source: go-git, plumbing/format/gitignore. */
export function matchPattern(
  pattern: Pattern,
  path: readonly string[],
  isFolder: boolean,
): boolean {
  const { domain } = pattern
  if (path.length <= domain.length) return false
  if (!domain.every((segment, index) => path[index] === segment)) return false
  const rest = domain.length === 0 ? path : path.slice(domain.length)
  return pattern.isAnchored
    ? matchAnchored(pattern, rest, isFolder)
    : matchName(pattern, rest, isFolder)
}

function matchName(pattern: Pattern, path: readonly string[], isFolder: boolean): boolean {
  const [step] = pattern.steps
  const index = step === undefined ? -1 : path.findIndex(step.matches)
  if (index === -1) return false
  return !(pattern.isFolderOnly && !isFolder && index === path.length - 1)
}

/** Walks rule and path side by side; nothing is looked back at. */
function matchAnchored(pattern: Pattern, path: readonly string[], isFolder: boolean): boolean {
  const { steps, tail, isFolderOnly } = pattern
  const at = steps.reduce((from, step) => placeBehind(step, path, from), 0)
  const last = steps.at(-1)
  if (last === undefined || at > path.length) return false
  if (at < path.length) return true
  if (isFolderOnly && !isFolder) return false
  return last.isFloating || tail === 'nothing' || (isFolder && tail === 'folders')
}

/** Where the path goes on behind the name of a step, at `from` or, if it floats, at the first that fits; else infinity. */
function placeBehind(step: Step, path: readonly string[], from: number): number {
  const end = step.isFloating ? path.length : from + 1
  for (let at = from; at < end && at < path.length; at += 1) {
    if (step.matches(path[at] ?? '')) return at + 1
  }
  return Number.POSITIVE_INFINITY
}
