import { substitutionFault } from './envsubst-error.ts'
import { createScanner, type EnvsubstScanner, type ScanMode } from './envsubst-scan.ts'

/** A piece of text, or an expression: its variable, its operator (empty for `${v}`) and the operator's arguments. */
export type EnvsubstNode = string | EnvsubstCall
export type EnvsubstCall = {
  readonly variable: string
  readonly operator: string
  readonly args: readonly EnvsubstNode[]
}

const maxDepth = 200

/**
 * Parses byte text by Flux's dialect of shell substitution; the careful one takes fewer dollars for its own.
 * Throws BuildError in the library's words.
 */
export function parseEnvsubst(bytes: string, isCareful: boolean): readonly EnvsubstNode[] {
  let isInside = false
  const scanner = createScanner(bytes, { isBackslashEscape: () => isInside, isCareful })
  const nodes: EnvsubstNode[] = []
  for (;;) {
    isInside = false
    const token = scanner.scan({
      accept: () => true,
      hasIdent: true,
      hasOpening: true,
      hasEscapes: true,
    })
    if (token === 'end') return nodes
    if (token === 'ident') nodes.push(scanner.text())
    else {
      isInside = true
      nodes.push(parseCall(scanner, 0))
    }
  }
}

function parseCall(scanner: EnvsubstScanner, depth: number): EnvsubstCall {
  if (depth > maxDepth) throw substitutionFault(`expressions are nested deeper than ${maxDepth}`)
  if (scanner.peek() === '#') return parseLength(scanner)
  if (scanner.scan({ accept: isNamePart, hasIdent: true }) !== 'ident') {
    throw substitutionFault('unable to parse variable name')
  }
  const variable = scanner.text()
  const parse = operators.get(scanner.peek())
  if (parse !== undefined) return parse(scanner, variable, depth)
  if (scanner.scan({ accept: isNamePart, hasClosing: true }) === 'closing') {
    return { variable, operator: '', args: [] }
  }
  throw substitutionFault('missing closing brace')
}

type ParseOperator = (scanner: EnvsubstScanner, variable: string, depth: number) => EnvsubstCall

const operators: ReadonlyMap<string, ParseOperator> = new Map([
  [':', parseColon],
  ['=', parseDefault],
  [',', parseCase],
  ['^', parseCase],
  ['/', parseReplace],
  ['#', parseRemove],
  ['%', parseRemove],
])

function isNamePart(rune: string): boolean {
  return /^[\p{L}\p{Nd}_]$/u.test(rune)
}

function badSubstitution(): Error {
  return substitutionFault('bad substitution')
}

function takeOperator(scanner: EnvsubstScanner, accept: ScanMode['accept']): string {
  if (scanner.scan({ accept, hasIdent: true }) !== 'ident') throw badSubstitution()
  return scanner.text()
}

function takeClosing(scanner: EnvsubstScanner): void {
  if (scanner.scan({ accept: () => false, hasClosing: true }) !== 'closing') throw badSubstitution()
}

/** One argument up to a character that is not accepted: text, or an expression in it. */
function takeArgument(
  scanner: EnvsubstScanner,
  accept: ScanMode['accept'],
  hasEscapes: boolean,
  depth: number,
): EnvsubstNode {
  const token = scanner.scan({ accept, hasIdent: true, hasOpening: true, hasEscapes })
  if (token === 'opening') return parseCall(scanner, depth + 1)
  if (token === 'ident') return scanner.text()
  throw substitutionFault('unable to parse substitution within function')
}

const isNotClosing = (rune: string) => rune !== '}'

/** `${#v}` */
function parseLength(scanner: EnvsubstScanner): EnvsubstCall {
  const operator = takeOperator(scanner, (rune, position) => rune === '#' && position === 1)
  const variable = takeOperator(scanner, isNamePart)
  takeClosing(scanner)
  return { variable, operator, args: [] }
}

/** `${v:=d}` and its like, or `${v:offset:length}` */
function parseColon(scanner: EnvsubstScanner, variable: string, depth: number): EnvsubstCall {
  const second = scanner.peekSecond()
  return second !== '' && '=-?+'.includes(second)
    ? parseDefault(scanner, variable, depth)
    : parseSubstring(scanner, variable, depth)
}

function parseSubstring(scanner: EnvsubstScanner, variable: string, depth: number): EnvsubstCall {
  const operator = takeOperator(scanner, (rune, position) => position === 1 && rune === ':')
  const offset = takeArgument(scanner, (rune) => rune !== ':' && rune !== '}', false, depth)
  const token = scanner.scan({ accept: (rune) => rune === ':', hasIdent: true, hasClosing: true })
  if (token === 'closing') return { variable, operator, args: [offset] }
  if (token !== 'ident') throw badSubstitution()
  const length = takeArgument(scanner, isNotClosing, false, depth)
  takeClosing(scanner)
  return { variable, operator, args: [offset, length] }
}

/** `${v#p}`, `${v##p}`, `${v%p}`, `${v%%p}` */
function parseRemove(scanner: EnvsubstScanner, variable: string, depth: number): EnvsubstCall {
  const mark = scanner.peek()
  const operator = takeOperator(scanner, (rune, position) => rune === mark && position < 3)
  const pattern = takeArgument(scanner, isNotClosing, false, depth)
  takeClosing(scanner)
  return { variable, operator, args: [pattern] }
}

/** `${v/a/b}`, `${v//a/b}`, `${v/#a/b}`, `${v/%a/b}` */
function parseReplace(scanner: EnvsubstScanner, variable: string, depth: number): EnvsubstCall {
  const operator = takeOperator(
    scanner,
    (rune, position) =>
      (position === 1 && rune === '/') || (position === 2 && '/#%'.includes(rune)),
  )
  const search = takeArgument(scanner, (rune) => rune !== '/', true, depth)
  takeOperator(scanner, (rune) => rune === '/')
  const args = [search]
  if (scanner.peek() !== '}') args.push(takeArgument(scanner, isNotClosing, true, depth))
  takeClosing(scanner)
  return { variable, operator, args }
}

/** `${v=d}`, `${v:=d}`, `${v:-d}`, `${v:?d}`, `${v:+d}` */
function parseDefault(scanner: EnvsubstScanner, variable: string, depth: number): EnvsubstCall {
  const isShort = scanner.peek() === '='
  const accept = isShort
    ? (rune: string, position: number) => position === 1 && rune === '='
    : (rune: string, position: number) =>
        (position === 1 && rune === ':') || (position === 2 && '=-?+'.includes(rune))
  const operator = takeOperator(scanner, accept)
  const args: EnvsubstNode[] = []
  while (scanner.peek() !== '}') args.push(takeArgument(scanner, isNotClosing, false, depth))
  takeClosing(scanner)
  return { variable, operator, args }
}

/** `${v,}`, `${v,,}`, `${v^}`, `${v^^}` */
function parseCase(scanner: EnvsubstScanner, variable: string): EnvsubstCall {
  const operator = takeOperator(
    scanner,
    (rune, position) => (rune === ',' || rune === '^') && position < 3,
  )
  takeClosing(scanner)
  return { variable, operator, args: [] }
}
