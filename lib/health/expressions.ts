import { CelError } from '../cel/cel-error.ts'
import { type CelProgram, compileCel } from '../cel/compile.ts'
import type { HealthExpressions } from '../fleet/kustomization.ts'
import { isJsonObject, type KubeObject, splitApiVersion } from '../manifest/object.ts'
import type { HealthEvaluator } from './check.ts'
import { current, failed, inProgress, type ObjectStatus, unknown } from './object-status.ts'

type Rule = {
  readonly current: CelProgram
  readonly inProgress?: CelProgram
  readonly failed?: CelProgram
}

/**
 * The user's own rules of health, each for a kind or for all kinds of a group, whatever the version; undefined where
 * there are none. Throws CelError in Flux's words. Source: fluxcd/pkg/runtime/cel status_reader.go.
 */
export async function compileHealthRules(
  checks: readonly HealthExpressions[],
): Promise<HealthEvaluator | undefined> {
  if (checks.length === 0) return undefined
  const rules = new Map<string, Rule>()
  for (const [index, check] of checks.entries()) {
    const { group } = splitApiVersion(check.apiVersion)
    const key = groupKind(group, check.kind)
    if (rules.has(key)) {
      const message = `duplicate custom health check for GroupKind ${key} at healthchecks[${index}]`
      throw new CelError('InvalidExpression', message)
    }
    rules.set(key, await compileRule(check, index))
  }
  return (object) => {
    const { group } = splitApiVersion(object.apiVersion)
    const rule = rules.get(groupKind(group, object.kind)) ?? rules.get(groupKind(group, ''))
    return rule === undefined ? undefined : evaluateRule(rule, object)
  }
}

function groupKind(group: string, kind: string): string {
  return group === '' ? kind : `${kind}.${group}`
}

async function compileRule(check: HealthExpressions, index: number): Promise<Rule> {
  const prefix = `failed to create custom status evaluator for healthchecks[${index}]`
  const compile = async (name: string, text: string): Promise<CelProgram> => {
    try {
      return await compileCel(text)
    } catch (thrown) {
      if (!(thrown instanceof CelError)) throw thrown
      const message = `${prefix}: failed to parse the expression ${name}: ${thrown.message}`
      throw new CelError(thrown.code, message, thrown)
    }
  }
  if (check.current === '') {
    throw new CelError('InvalidExpression', `${prefix}: expression Current not specified`)
  }
  return {
    current: await compile('Current', check.current),
    ...(check.failed === '' ? {} : { failed: await compile('Failed', check.failed) }),
    ...(check.inProgress === ''
      ? {}
      : { inProgress: await compile('InProgress', check.inProgress) }),
  }
}

/** In this order, with no word for an object whose controller has not seen it yet. Source: Flux RFC 0009. */
function evaluateRule(rule: Rule, object: KubeObject): ObjectStatus {
  if (!isObserved(object)) return inProgress('the latest generation is yet to be observed')
  try {
    if (rule.inProgress?.evaluateBoolean(object)) return inProgress('inProgress holds')
    if (rule.failed?.evaluateBoolean(object)) return failed('failed holds')
    if (rule.current.evaluateBoolean(object)) return current('current holds')
    return inProgress('current does not hold')
  } catch (thrown) {
    if (!(thrown instanceof CelError)) throw thrown
    return unknown(thrown.message)
  }
}

function isObserved({ metadata, status }: KubeObject): boolean {
  const observed = isJsonObject(status) ? status.observedGeneration : undefined
  const { generation } = metadata
  if (!Number.isInteger(observed) || !Number.isInteger(generation)) return true
  return observed === generation
}
