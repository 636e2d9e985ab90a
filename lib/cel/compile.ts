import type { ASTNode } from '@marcbachmann/cel-js'
import { messageOf } from '../status/error.ts'
import { createBudget } from './budget.ts'
import { CelError, CelFault } from './cel-error.ts'
import { evaluate } from './evaluate.ts'
import { countClauses } from './format.ts'
import { constantCalls, formatCalls, outputType, unknownNames } from './output-type.ts'
import { compilePattern, type Patterns } from './text-methods.ts'
import { type CelValue, fromJson } from './value.ts'

/** An expression that can be asked again and again. */
export type CelProgram = {
  readonly text: string
  /** Throws CelError: in Flux's words where the expression gives no bool, or meets what it cannot work with. */
  readonly evaluateBoolean: (variables: Readonly<Record<string, unknown>>) => boolean
}

export type CelOptions = {
  /** The only names there are; a name besides them, or an output that is no bool for sure, is refused at once. */
  readonly declared?: readonly string[]
  /** Nodes, elements and pieces of text one evaluation may touch. */
  readonly maxSteps?: number
}

const maxTextLength = 16_384
const defaultSteps = 1_000_000
const limits = { maxAstNodes: 2_000, maxDepth: 200, maxListElements: 1_000, maxMapEntries: 1_000 }

/**
 * Reads a CEL expression in the dialect of Flux: strings, sets and encoders, optional types, numbers that compare across
 * types. Its work is bounded, and a pattern's is linear in the text. Throws CelError `InvalidExpression`.
 */
export async function compileCel(text: string, options: CelOptions = {}): Promise<CelProgram> {
  const [{ Environment }, { RE2JS }] = await Promise.all([
    import('@marcbachmann/cel-js'),
    import('re2js'),
  ])
  const environment = new Environment({
    enableOptionalTypes: true,
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits,
  })
  const ast = parse(text, (source) => environment.parse(source).ast)
  requireConstants(ast, RE2JS)
  if (options.declared !== undefined) {
    requireDeclared(text, ast, options.declared)
    requireFormats(text, ast, RE2JS)
  }
  return {
    text,
    evaluateBoolean: (variables) => {
      const budget = createBudget(options.maxSteps ?? defaultSteps)
      const known = new Map<string, CelValue>()
      const find = (name: string): CelValue | undefined => {
        if (!known.has(name) && Object.hasOwn(variables, name)) {
          known.set(name, fromJson(variables[name]))
        }
        return known.get(name)
      }
      return toBoolean(text, () => evaluate(ast, { find, budget, patterns: RE2JS }))
    },
  }
}

function parse(text: string, read: (text: string) => ASTNode): ASTNode {
  if (text.length > maxTextLength) {
    throw new CelError(
      'InvalidExpression',
      `the CEL expression is longer than ${maxTextLength} characters`,
    )
  }
  try {
    return read(text)
  } catch (cause) {
    const message = `failed to parse the CEL expression '${text}': ${messageOf(cause).split('\n')[0]}`
    throw new CelError('InvalidExpression', message, cause)
  }
}

/** What can never work is refused at once: a pattern that is none, a text that is no duration. */
function requireConstants(ast: ASTNode, patterns: Patterns): void {
  const scope = { find: () => undefined, budget: createBudget(defaultSteps), patterns }
  try {
    for (const node of constantCalls(ast)) {
      if (node.op !== 'rcall') evaluate(node, scope)
      else compilePattern(String(node.args[2][0]?.args), patterns)
    }
  } catch (thrown) {
    if (!(thrown instanceof CelFault)) throw thrown
    throw new CelError(
      'InvalidExpression',
      `failed to create CEL program: ${thrown.message}`,
      thrown,
    )
  }
}

function requireDeclared(text: string, ast: ASTNode, declared: readonly string[]): void {
  const [unknown] = unknownNames(ast, declared)
  if (unknown !== undefined) {
    const message = `failed to parse the CEL expression '${text}': undeclared reference to '${unknown}' (in container '')`
    throw new CelError('InvalidExpression', message)
  }
  const type = outputType(ast)
  if (type === 'bool') return
  throw new CelError(
    'InvalidExpression',
    `CEL expression output type mismatch: expected bool, got ${type}`,
  )
}

/** What a format written out takes and what it is given must fit. */
function requireFormats(text: string, ast: ASTNode, patterns: Patterns): void {
  try {
    for (const { node, format, count, isConstant } of formatCalls(ast)) {
      const wanted = countClauses(format)
      if (count < wanted) throw new CelFault(`index ${count} out of range`)
      if (count > wanted) {
        const why = `expected ${wanted}, got ${count}`
        throw new CelFault(`too many arguments supplied to string.format (${why})`)
      }
      const scope = { find: () => undefined, budget: createBudget(defaultSteps), patterns }
      if (isConstant) evaluate(node, scope)
    }
  } catch (thrown) {
    if (!(thrown instanceof CelFault)) throw thrown
    const message = `failed to parse the CEL expression '${text}': ${thrown.message}`
    throw new CelError('InvalidExpression', message, thrown)
  }
}

function toBoolean(text: string, work: () => CelValue): boolean {
  let value: CelValue
  try {
    value = work()
  } catch (thrown) {
    const isOurs = thrown instanceof CelFault || thrown instanceof CelError
    if (!isOurs && !(thrown instanceof RangeError)) throw thrown
    const code = thrown instanceof CelError ? thrown.code : 'EvaluationFailed'
    throw new CelError(
      code,
      `failed to evaluate the CEL expression '${text}': ${thrown.message}`,
      thrown,
    )
  }
  if (typeof value === 'boolean') return value
  throw new CelError('EvaluationFailed', `failed to evaluate CEL expression as boolean: '${text}'`)
}
