import { compare, Range, SemVer } from 'semver'

/** True where a version is allowed. */
export type Constraint = (version: SemVer) => boolean

const version = String.raw`v?(?:\d+|[xX*])(?:\.(?:\d+|[xX*])){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?`
const operator = String.raw`(?:=|!=|>=|=>|<=|=<|>|<|~>|~|\^)?`
const oneRule = new RegExp(`^\\s*(${operator})\\s*(${version})\\s*`)
const hyphen = new RegExp(`(${version})\\s+-\\s+(${version})`, 'g')
const maxLength = 1000

/**
 * Reads a range as Masterminds/semver does, which Flux uses: rules joined by commas or spaces must all hold,
 * `||` gives a choice, `!=` is known, and a group with one pre-release in it lets all pre-releases in.
 * Undefined where it is no range.
 */
export function parseConstraint(text: string): Constraint | undefined {
  if (text.length > maxLength) return undefined
  const groups = text.split('||').map(parseGroup)
  const parsed = groups.filter((group) => group !== undefined)
  if (parsed.length < groups.length) return undefined
  return (candidate) => parsed.some((group) => group(candidate))
}

function parseGroup(text: string): Constraint | undefined {
  const rules: Constraint[] = []
  let hasPrerelease = false
  let rest = text.replace(hyphen, '>=$1, <=$2').trim()
  while (rest !== '') {
    const [whole, sign = '', wanted = ''] = oneRule.exec(rest) ?? []
    const rule = whole === undefined ? undefined : parseRule(sign, wanted)
    if (whole === undefined || rule === undefined) return undefined
    rules.push(rule)
    hasPrerelease ||= /^v?\d+(?:\.\d+){0,2}-/.test(wanted)
    rest = rest.slice(whole.length).replace(/^,\s*(?=\S)/, '')
  }
  if (rules.length === 0) return undefined
  return (candidate) =>
    (hasPrerelease || candidate.prerelease.length === 0) && rules.every((rule) => rule(candidate))
}

const signs: ReadonlyMap<string, string> = new Map([
  ['=>', '>='],
  ['=<', '<='],
  ['~>', '~'],
  ['!=', ''],
])

function parseRule(sign: string, wanted: string): Constraint | undefined {
  try {
    const range = new Range(`${signs.get(sign) ?? sign}${plain(wanted)}`, {
      includePrerelease: true,
    })
    return (candidate) => range.test(candidate) !== (sign === '!=')
  } catch {
    return undefined
  }
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
    const candidate = parseVersion(tag)
    if (candidate === undefined || !constraint(candidate)) continue
    const order = highest === undefined ? 1 : compare(candidate, highest)
    if (order > 0) highest = candidate
    if (order > 0) chosen = [tag]
    else if (order === 0) chosen.push(tag)
  }
  return chosen
}

function parseVersion(tag: string): SemVer | undefined {
  if (!/^v?\d+\.\d+\.\d+(?:[-+]|$)/.test(tag)) return undefined
  try {
    return new SemVer(plain(tag))
  } catch {
    return undefined
  }
}

/** Without `v` and without zeros before a number, which npm's reader refuses. */
function plain(text: string): string {
  return text.replace(/^v/, '').replace(/^[\d.xX*]+/, (core) => core.replace(/\b0+(?=\d)/g, ''))
}
