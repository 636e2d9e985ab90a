import { BuildError } from '../build-error.ts'

type Labels = ReadonlyMap<string, string>
type Requirement = (labels: Labels) => boolean

/**
 * Reads a selector as Kubernetes writes them: `app=web,tier in (a, b),!old,size>3`. Every requirement has to hold; none at all
 * matches everything.
 */
export function parseLabelSelector(selector: string, where: string): (labels: Labels) => boolean {
  const parser = createParser(selector, where)
  const requirements: Requirement[] = []
  while (!parser.isDone()) {
    requirements.push(parseRequirement(parser))
    if (parser.isDone()) break
    parser.expect(',')
    if (parser.isDone()) throw parser.fault("nothing follows the ','")
  }
  return (labels) => requirements.every((holds) => holds(labels))
}

type Parser = {
  readonly isDone: () => boolean
  readonly peek: () => string
  readonly next: () => string
  readonly expect: (token: string) => void
  readonly fault: (what: string) => BuildError
}

function createParser(selector: string, where: string): Parser {
  const tokens = selector.match(/==|!=|[=!<>(),]|[^\s=!<>(),]+/g) ?? []
  let position = 0
  const fault = (what: string): BuildError =>
    new BuildError('InvalidSelector', `${where}: '${selector}': ${what}`)
  const next = (): string => tokens[position++] ?? ''
  return {
    isDone: () => position >= tokens.length,
    peek: () => tokens[position] ?? '',
    next,
    expect: (token) => {
      const found = next()
      if (found !== token) throw fault(`expected '${token}' but found '${found}'`)
    },
    fault,
  }
}

function parseRequirement(parser: Parser): Requirement {
  if (parser.peek() === '!') {
    parser.next()
    const key = parseKey(parser)
    return (labels) => !labels.has(key)
  }
  const key = parseKey(parser)
  if (parser.isDone() || parser.peek() === ',') return (labels) => labels.has(key)
  const operator = parser.next()
  switch (operator) {
    case '=':
    case '==':
      return among(key, [parseValue(parser)])
    case '!=':
      return notAmong(key, [parseValue(parser)])
    case 'in':
      return among(key, parseValues(parser))
    case 'notin':
      return notAmong(key, parseValues(parser))
    case '>':
    case '<':
      return compare(parser, key, operator)
    default:
      throw parser.fault(`'${operator}' is no operator; use = != in notin > or <`)
  }
}

function among(key: string, values: readonly string[]): Requirement {
  return (labels) => {
    const value = labels.get(key)
    return value !== undefined && values.includes(value)
  }
}

function notAmong(key: string, values: readonly string[]): Requirement {
  const isAmong = among(key, values)
  return (labels) => !isAmong(labels)
}

function compare(parser: Parser, key: string, operator: string): Requirement {
  const text = parser.next()
  const bound = toInteger(text)
  if (bound === undefined) throw parser.fault(`'${text}' is no integer`)
  return (labels) => {
    const value = toInteger(labels.get(key) ?? '')
    if (value === undefined) return false
    return operator === '>' ? value > bound : value < bound
  }
}

function toInteger(text: string): bigint | undefined {
  return /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined
}

function parseValues(parser: Parser): readonly string[] {
  parser.expect('(')
  const values: string[] = []
  for (;;) {
    values.push(isValue(parser.peek()) ? parser.next() : '')
    const separator = parser.next()
    if (separator === ')') break
    if (separator !== ',') throw parser.fault(`expected ',' or ')' but found '${separator}'`)
  }
  for (const value of values) checkValue(parser, value)
  return values
}

function parseValue(parser: Parser): string {
  if (parser.isDone() || parser.peek() === ',') return ''
  const value = parser.next()
  if (!isValue(value)) throw parser.fault(`expected a value but found '${value}'`)
  checkValue(parser, value)
  return value
}

function isValue(token: string): boolean {
  return token !== '' && !/^[=!<>(),]/.test(token)
}

function checkValue(parser: Parser, value: string): void {
  if (value === '' || (value.length <= 63 && name.test(value))) return
  throw parser.fault(`'${value}' cannot be the value of a label`)
}

const name = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/
const domain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/

function parseKey(parser: Parser): string {
  const key = parser.next()
  const cut = key.indexOf('/')
  const local = key.slice(cut + 1)
  const isValid =
    local.length <= 63 &&
    name.test(local) &&
    (cut < 0 || (cut <= 253 && domain.test(key.slice(0, cut))))
  if (!isValid) throw parser.fault(`'${key}' is no key of a label`)
  return key
}
