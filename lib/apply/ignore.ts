import type { Json, KubeObject } from '../manifest/object.ts'
import { isOwnedByOther } from './field-owners.ts'
import { compileTarget, type IgnoreTarget } from './ignore-target.ts'
import { changeAt, type JsonPath, setAt, valueAt } from './json-path.ts'

/** One rule of `spec.ignore`: JSON pointers to fields that others may change. */
export type IgnoreRule = {
  readonly paths: readonly string[]
  /** Every object where absent. */
  readonly target?: IgnoreTarget
}

type CompiledRule = {
  readonly pointers: readonly (readonly string[])[]
  readonly matches: (object: KubeObject) => boolean
}

export type CompiledRules = readonly CompiledRule[]

/** Rules ready for many objects. Throws ApplyError `InvalidIgnoreRule` where a pattern or selector is wrong. */
export function compileIgnoreRules(rules: readonly IgnoreRule[]): CompiledRules {
  return rules.map((rule) => ({
    pointers: rule.paths.map(pointerTokens),
    matches: compileTarget(rule.target),
  }))
}

/** The object without the fields that the rules ignore on `target`: what is compared. */
export function withoutIgnored(
  object: KubeObject,
  target: KubeObject,
  rules: CompiledRules,
): KubeObject {
  return ignoredPointers(target, rules).reduce(
    (current, tokens) => changeAt(current, pathOf(current, tokens), () => undefined),
    object,
  )
}

/**
 * The payload without a say over ignored fields that somebody changed: what another applier owns is left
 * out, elsewhere the value in the cluster is sent back. Source: fluxcd/pkg/ssa computeDriftedPaths.
 */
export function adoptIgnored(
  payload: KubeObject,
  live: KubeObject,
  merged: KubeObject,
  rules: CompiledRules,
  fieldManager: string,
): KubeObject {
  return ignoredPointers(merged, rules).reduce((current, tokens) => {
    const kept = valueAt(live, pathOf(live, tokens))
    if (isSameText(kept, valueAt(merged, pathOf(merged, tokens)))) return current
    const path = pathOf(current, tokens)
    const isTheirs = isOwnedByOther(live, pathOf(live, tokens), fieldManager)
    return kept === undefined || isTheirs
      ? changeAt(current, path, () => undefined)
      : setAt(current, path, kept)
  }, payload)
}

function ignoredPointers(object: KubeObject, rules: CompiledRules): readonly (readonly string[])[] {
  return rules.filter((rule) => rule.matches(object)).flatMap(({ pointers }) => pointers)
}

/** `/spec/replicas` → its tokens, decoded. Source: RFC 6901. */
function pointerTokens(pointer: string): readonly string[] {
  return pointer
    .replace(/^\//, '')
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** A token is an index where it meets a list, and a key elsewhere: that depends on the object. */
function pathOf(object: KubeObject, tokens: readonly string[]): JsonPath {
  let value: Json | undefined = object
  return tokens.map((token) => {
    const step = Array.isArray(value) && /^\d{1,9}$/.test(token) ? Number(token) : token
    value = valueAt(value, [step])
    return step
  })
}

function isSameText(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
