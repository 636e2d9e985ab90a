import { fromByteText, toByteText } from './byte-text.ts'
import { substitutionFault } from './envsubst-error.ts'
import { functionOf } from './envsubst-functions.ts'
import type { GlobBudget } from './envsubst-glob.ts'
import { type EnvsubstCall, type EnvsubstNode, parseEnvsubst } from './envsubst-parse.ts'

export type EnvsubstOptions = {
  /** A variable that is not set and has no default is an error; otherwise it is empty. */
  readonly isStrict: boolean
  /** Not as Flux does it: `$$` stands for itself but before `{`, and so does `${{`. */
  readonly isCareful?: boolean
}

/**
 * Text with `${…}` replaced by Flux's dialect of the shell's parameter expansion, its surprises included: every `$$`
 * becomes `$`, `${{` is an error, `:+` and `:?` mean `:-`, lengths count bytes.
 * Throws BuildError `InvalidSubstitution` in the library's words. Source: fluxcd/pkg/envsubst.
 */
export function envsubst(
  text: string,
  variables: ReadonlyMap<string, string>,
  options: EnvsubstOptions,
): string {
  if (!text.includes('$')) return text
  const nodes = parseEnvsubst(toByteText(text), options.isCareful ?? false)
  const state: State = { variables, options, budget: createBudget(), left: maxOutput }
  const result = fromByteText(nodes.map((node) => evaluate(node, state)).join(''))
  if (result === undefined) throw substitutionFault('a substring cuts a character in two')
  return result
}

type State = {
  readonly variables: ReadonlyMap<string, string>
  readonly options: EnvsubstOptions
  readonly budget: GlobBudget
  left: number
}

const maxOutput = 64 * 1024 * 1024
const maxGlobSteps = 20_000_000

function createBudget(): GlobBudget {
  return { left: maxGlobSteps, exhausted: () => substitutionFault('a pattern takes too long') }
}

function evaluate(node: EnvsubstNode, state: State): string {
  const text = typeof node === 'string' ? node : evaluateCall(node, state)
  state.left -= text.length
  if (state.left < 0) throw substitutionFault('the result is too long')
  return text
}

function evaluateCall(call: EnvsubstCall, state: State): string {
  const args = call.args.map((arg) => evaluate(arg, state))
  const name = fromByteText(call.variable) ?? call.variable
  const value = state.variables.get(name)
  if (value === undefined && state.options.isStrict && !isDefaultOperator(call.operator)) {
    throw substitutionFault(`variable not set (strict mode): "${name}"`)
  }
  return functionOf(call.operator)(toByteText(value ?? ''), args, state.budget)
}

function isDefaultOperator(operator: string): boolean {
  return ['=', ':=', ':-', ':+', ':?'].includes(operator)
}
