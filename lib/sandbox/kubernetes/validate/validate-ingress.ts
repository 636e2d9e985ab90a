import type { Json, KubeObject } from '../../../manifest/object.ts'
import { at, listAt, numberIn, textIn } from '../json.ts'
import { type Cause, invalidValue, requiredValue } from '../status-error.ts'

/** Where an Ingress leads: it must lead somewhere, and each of its paths to a port. */
export function validateIngress(object: KubeObject): readonly Cause[] {
  const rules = listAt(object, 'spec', 'rules')
  const fallback = at(object, 'spec', 'defaultBackend')
  if (rules.length === 0 && fallback === undefined) {
    const why = 'either `defaultBackend` or `rules` must be specified'
    return [invalidValue('spec', at(object, 'spec', 'rules') ?? null, why)]
  }
  return [
    ...(fallback === undefined ? [] : checkBackend(fallback, 'spec.defaultBackend')),
    ...rules.flatMap((rule, index) => checkRule(rule, `spec.rules[${index}].http`)),
  ]
}

function checkRule(rule: Json, path: string): readonly Cause[] {
  if (at(rule, 'http') === undefined) return []
  const paths = listAt(rule, 'http', 'paths')
  if (paths.length === 0) return [requiredValue(`${path}.paths`)]
  return paths.flatMap((each, index) => {
    const here = `${path}.paths[${index}]`
    const given = textIn(each, 'path')
    const isFree = given === '' && textIn(each, 'pathType') === 'ImplementationSpecific'
    const isRelative = !isFree && !given.startsWith('/')
    return [
      ...(isRelative ? [invalidValue(`${here}.path`, given, 'must be an absolute path')] : []),
      ...checkBackend(at(each, 'backend') ?? null, `${here}.backend`),
    ]
  })
}

function checkBackend(backend: Json, path: string): readonly Cause[] {
  if (at(backend, 'resource') !== undefined) return []
  const service = at(backend, 'service')
  if (service === undefined) return []
  const hasPort =
    textIn(service, 'port', 'name') !== '' || (numberIn(service, 'port', 'number') ?? 0) !== 0
  return hasPort ? [] : [requiredValue(path, 'port name or number is required')]
}
