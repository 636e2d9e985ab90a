import { annotationsOf, type KubeObject } from '../manifest/object.ts'
import { ReconcileError } from './reconcile-error.ts'

/** What a Kustomization may ask for beyond Flux, by annotations of its own, so that it stays valid for Flux. */
export type ApplyModes = {
  /** `warn` reports drift and leaves it; what Git changes is applied. */
  readonly drift: 'repair' | 'warn'
  /** `isolate` applies the others where an object fails. */
  readonly failures: 'stop' | 'isolate'
}

export const driftAnnotation = 'fleet.driftless.dev/drift'
const failuresAnnotation = 'fleet.driftless.dev/failures'

/** Throws InvalidSpec where a value is none of those: a misspelt `warn` must not repair. */
export function applyModesOf(object: KubeObject): ApplyModes {
  return {
    drift: choiceOf(object, driftAnnotation, ['repair', 'warn']),
    failures: choiceOf(object, failuresAnnotation, ['stop', 'isolate']),
  }
}

/** The first of the choices where the annotation is absent. */
function choiceOf<T extends string>(
  object: KubeObject,
  key: string,
  choices: readonly [T, ...T[]],
): T {
  const annotations = annotationsOf(object)
  const given = Object.hasOwn(annotations, key) ? annotations[key] : undefined
  if (given === undefined) return choices[0]
  const found = choices.find((choice) => choice === given)
  if (found !== undefined) return found
  const name = `Kustomization/${String(object.metadata.namespace)}/${object.metadata.name}`
  const message = `${name} metadata.annotations["${key}"]: '${given.slice(0, 100)}' is not known; write ${choices.join(' or ')}`
  throw new ReconcileError('InvalidSpec', 'InvalidSpec', message)
}
