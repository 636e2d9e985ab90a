type Values = Readonly<Record<string, string>>
type Requirement = (values: Values) => boolean

/**
 * A Kubernetes label selector as a question over labels: `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
 * Undefined where the text is none. The empty selector selects everything.
 */
export function parseSelector(text: string): ((values: Values) => boolean) | undefined {
  const requirements = splitRequirements(text).map(parseRequirement)
  if (requirements.includes(undefined)) return undefined
  return (values) => requirements.every((requirement) => requirement?.(values) === true)
}

/** Commas part requirements, but not inside the parentheses of a set. */
function splitRequirements(text: string): readonly string[] {
  const parts = text.match(/[^,(]*\([^)]*\)|[^,]+/g) ?? []
  return parts.map((part) => part.trim()).filter((part) => part !== '')
}

function parseRequirement(text: string): Requirement | undefined {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text)
  if (set !== null) {
    const [, key = '', operator, list = ''] = set
    const members = new Set(list.split(',').map((member) => member.trim()))
    const isIn = operator === 'in'
    return (values) => isMember(values, key, members) === isIn
  }
  const equality = /^([^\s=!()]+)\s*(==|=|!=)\s*([^\s=!()]*)$/.exec(text)
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality
    const isWanted = operator !== '!='
    return (values) => isMember(values, key, new Set([value])) === isWanted
  }
  const existence = /^(!?)\s*([^\s=!()]+)$/.exec(text)
  if (existence === null) return undefined
  const [, negation, key = ''] = existence
  return (values) => Object.hasOwn(values, key) === (negation === '')
}

function isMember(values: Values, key: string, members: ReadonlySet<string>): boolean {
  return Object.hasOwn(values, key) && members.has(values[key] ?? '')
}
