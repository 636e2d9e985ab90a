import { compare, SemVer } from 'semver'

/** True where a version is allowed. */
export type Constraint = (version: SemVer) => boolean

const version = String.raw`v?([\dxX*]+)(?:\.([\dxX*]+))?(?:\.([\dxX*]+))?(-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?`
const oneRule = new RegExp(`^(!=|>=|=>|<=|=<|~>|[=><~^])?\\s*${version}(?=[\\s,]|$)`)
const hyphen = new RegExp(`\\s*(${version})\\s+-\\s+(${version})\\s*`, 'g')
const maxLength = 512
const maxGroups = 32

/**
 * Reads a range as Masterminds/semver does, which Flux uses and npm's package does not follow: rules joined by commas
 * or spaces must all hold, `||` gives a choice, `!=` is known, and a group that names a pre-release lets all of them in.
 * Undefined where it is no range.
 */
export function parseConstraint(text: string): Constraint | undefined {
  if (text.length > maxLength) return undefined
  const groups = text
    .replace(hyphen, (_, from, ...rest) => `>= ${from}, <= ${rest[4]} `)
    .split('||')
  const parsed = groups.map(parseGroup).filter((group) => group !== undefined)
  if (parsed.length < groups.length || groups.length > maxGroups) return undefined
  return (candidate) => parsed.some((group) => group(candidate))
}

function parseGroup(text: string): Constraint | undefined {
  const bounds: Bound[] = []
  for (let rest = text.trim(), gap = ','; rest !== '' || gap.includes(','); ) {
    const found = oneRule.exec(rest)
    const bound = found === null ? undefined : parseBound(found)
    if (found === null || bound === undefined) return undefined
    bounds.push(bound)
    rest = rest.slice(found[0].length)
    gap = /^\s*,?\s*/.exec(rest)?.[0] ?? ''
    rest = rest.slice(gap.length)
  }
  const hasPrerelease = bounds.some(({ edge }) => edge.prerelease.length > 0)
  return (candidate) =>
    (hasPrerelease || candidate.prerelease.length === 0) &&
    bounds.every((bound) => rules[bound.sign](candidate, bound))
}

type Sign = '=' | '!=' | '>' | '<' | '>=' | '<=' | '~' | '^'

type Bound = {
  readonly sign: Sign
  readonly edge: SemVer
  /** How many numbers were written, before the first `x`. */
  readonly width: number
}

const signs: Readonly<Record<string, Sign>> = {
  '=': '=',
  '!=': '!=',
  '>': '>',
  '<': '<',
  '>=': '>=',
  '=>': '>=',
  '<=': '<=',
  '=<': '<=',
  '~': '~',
  '~>': '~',
  '^': '^',
}

function parseBound(found: RegExpExecArray): Bound | undefined {
  const [, sign = '=', ...parts] = found
  const numbers = parts.slice(0, 3)
  const wild = numbers.findIndex((part) => part === undefined || /^[xX*]$/.test(part))
  const width = wild === -1 ? 3 : wild
  const core = numbers.map((part, index) => (index < width ? part : '0'))
  const edge = parseVersion(`${core.join('.')}${parts[3] ?? ''}`)
  const known = signs[sign]
  return edge === undefined || known === undefined ? undefined : { sign: known, edge, width }
}

type Rule = (candidate: SemVer, bound: Bound) => boolean

const tilde: Rule = (v, { edge, width }) => {
  if (compare(v, edge) < 0) return false
  const isZero = edge.major === 0 && edge.minor === 0 && edge.patch === 0
  if (isZero && (width === 0 || width === 3)) return true
  return v.major === edge.major && (v.minor === edge.minor || width === 1)
}

const caret: Rule = (v, { edge, width }) => {
  if (compare(v, edge) < 0 || v.major !== edge.major) return false
  if (edge.major > 0 || width === 1) return true
  if (v.minor !== edge.minor) return false
  return edge.minor > 0 || width === 2 || v.patch === edge.patch
}

/** Numbers that were not written do not count, but an `x` alone counts as 0.0.0. */
const greater: Rule = (v, { edge, width }) => {
  if (width === 0 || width === 3) return compare(v, edge) > 0
  if (v.major !== edge.major || width === 1) return v.major > edge.major
  return v.minor > edge.minor
}

const atMost: Rule = (v, { edge, width }) => {
  if (width === 3) return compare(v, edge) <= 0
  if (v.major !== edge.major || width === 1) return v.major <= edge.major
  return v.major < edge.major || v.minor <= edge.minor
}

const different: Rule = (v, { edge, width }) => {
  if (width === 0 || width === 3) return compare(v, edge) !== 0
  if (v.major !== edge.major) return true
  if (width === 1) return false
  return v.minor !== edge.minor || v.comparePre(edge) !== 0
}

const rules: Readonly<Record<Sign, Rule>> = {
  '=': (v, bound) => (bound.width === 3 ? compare(v, bound.edge) === 0 : tilde(v, bound)),
  '!=': different,
  '>': greater,
  '<': (v, { edge }) => compare(v, edge) < 0,
  '>=': (v, { edge }) => compare(v, edge) >= 0,
  '<=': atMost,
  '~': tilde,
  '^': caret,
}

/**
 * The tags among `tags` that stand for the highest version the constraint allows: more than one where they differ in
 * build metadata only. A tag must name all three numbers, `v` before them and zeros leading them do not count.
 */
export function highestVersions(
  tags: readonly string[],
  constraint: Constraint,
): readonly string[] {
  let highest: SemVer | undefined
  let chosen: string[] = []
  for (const tag of tags) {
    const candidate = /^v?\d+\.\d+\.\d+(?:[-+]|$)/.test(tag) ? parseVersion(tag) : undefined
    if (candidate === undefined || !constraint(candidate)) continue
    const order = highest === undefined ? 1 : compare(candidate, highest)
    if (order > 0) highest = candidate
    if (order > 0) chosen = [tag]
    else if (order === 0) chosen.push(tag)
  }
  return chosen
}

/** Without `v` and without zeros before a number, which npm's reader refuses. */
function parseVersion(text: string): SemVer | undefined {
  const plain = text.replace(/^v/, '').replace(/^[\d.]+/, (core) => core.replace(/\b0+(?=\d)/g, ''))
  try {
    return new SemVer(plain)
  } catch {
    return undefined
  }
}
