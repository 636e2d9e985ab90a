import { isRawInteger } from '../../manifest/exact-integer.ts'
import { setJsonField } from '../../manifest/json-field.ts'
import { nodeToJson } from '../../manifest/node-json.ts'
import {
  annotationsOf,
  isJsonObject,
  isKubeObject,
  type Json,
  type JsonObject,
  type KubeObject,
  labelsOf,
  refOf,
} from '../../manifest/object.ts'
import { marshalToNode } from '../../manifest/patch/marshal-node.ts'
import { printYaml } from '../../manifest/print.ts'
import { readKustomizationFile } from '../../manifest/read-v2.ts'
import { messageOf } from '../../status/error.ts'
import { BuildError } from '../build-error.ts'
import { envsubst } from './envsubst.ts'

export type SubstituteOptions = {
  /** A variable that is not set and has no default is an error; otherwise it is empty. */
  readonly isStrict: boolean
  /** `WithVariables`: objects stay as they are where there are no variables at all. */
  readonly strategy: 'WithVariables' | 'Always'
  /**
   * Not as Flux does it: variables are replaced inside strings, which stay strings, `$$` is left alone but before
   * `{`, and so is `${{`. Off by default.
   */
  readonly isCareful?: boolean
}

/**
 * Objects with the variables of `postBuild` in place, as Flux does it: in the YAML text of each object, which is then
 * read again by YAML 1.1, so that `"${n}"` may become a number. Objects that opt out by label or annotation stay as
 * they are. Throws BuildError `InvalidSubstitution` that names the object.
 * Source: fluxcd/pkg/kustomize SubstituteVariables.
 */
export function substitute(
  objects: readonly KubeObject[],
  variables: ReadonlyMap<string, string>,
  options: SubstituteOptions,
): KubeObject[] {
  if (variables.size === 0 && options.strategy !== 'Always') return [...objects]
  const values = new Map([...variables].map(([name, value]) => [name, value.replaceAll('\n', '')]))
  const present = new Map<string, number>()
  for (const object of objects) count(present, object, 1)
  return objects.map((object) => {
    if (isOptedOut(object)) return object
    const result = naming(object, () => substituteObject(object, values, options))
    if (!isKubeObject(result)) {
      throw fault(
        object,
        'apiVersion, kind and metadata.name must stay strings; quote the variable',
      )
    }
    count(present, object, -1)
    if (count(present, result, 1) === 1) return result
    throw fault(result, 'there is another one of this name; give one of the two another variable')
  })
}

/** How many objects there are of a name, with one more or less. */
function count(present: Map<string, number>, object: KubeObject, change: 1 | -1): number {
  const { group, version, kind, namespace, name } = refOf(object)
  const key = JSON.stringify([group, version, kind, namespace || 'default', name])
  const number = (present.get(key) ?? 0) + change
  present.set(key, number)
  return number
}

const optOut = 'kustomize.toolkit.fluxcd.io/substitute'

/** True for an object whose label or annotation asks to be left alone. */
export function isOptedOut(object: KubeObject): boolean {
  return labelsOf(object)[optOut] === 'disabled' || annotationsOf(object)[optOut] === 'disabled'
}

/** One object's data with the variables in place. Throws BuildError without the object's name. */
export function substituteObject(
  object: JsonObject,
  variables: ReadonlyMap<string, string>,
  options: SubstituteOptions,
): Json {
  for (const name of variables.keys()) checkName(name)
  if (!isAffected(object)) return object
  if (options.isCareful === true) return replaceInside(object, variables, options)
  const text = prefixing('envsubst error: variable substitution failed', () =>
    envsubst(printYaml(object), variables, options),
  )
  const data = prefixing('envsubst error: YAMLToJSON', () => readKustomizationFile(text))
  if (!isJsonObject(data)) throw invalid('envsubst error: the object is no map any more')
  return prefixing('UnmarshalJSON', () => nodeToJson(marshalToNode(data)))
}

/** Only a dollar, or an integer that JSON cannot hold, changes on the way through text. */
function isAffected(value: Json): boolean {
  if (typeof value === 'string') return value.includes('$')
  if (typeof value !== 'object' || value === null) return false
  if (isRawInteger(value)) return true
  if (!isJsonObject(value)) return value.some(isAffected)
  return Object.entries(value).some(([key, field]) => key.includes('$') || isAffected(field))
}

function checkName(name: string): void {
  if (/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name)) return
  throw invalid(
    `envsubst error: '${name}' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'`,
  )
}

function replaceInside(
  value: Json,
  variables: ReadonlyMap<string, string>,
  options: SubstituteOptions,
): Json {
  if (typeof value === 'string') return envsubst(value, variables, options)
  if (typeof value !== 'object' || value === null || isRawInteger(value)) return value
  if (!isJsonObject(value)) return value.map((item) => replaceInside(item, variables, options))
  const object: Record<string, Json> = {}
  for (const [key, field] of Object.entries(value)) {
    setJsonField(
      object,
      envsubst(key, variables, options),
      replaceInside(field, variables, options),
    )
  }
  return object
}

function invalid(message: string, cause?: unknown): BuildError {
  return new BuildError('InvalidSubstitution', message, { cause })
}

function prefixing<T>(prefix: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw invalid(`${prefix}: ${messageOf(cause)}`, cause)
  }
}

/** Flux names an object by what kustomize calls it: `ConfigMap.v1.[noGrp]/name`. */
function naming<T>(object: KubeObject, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw fault(object, messageOf(cause), cause)
  }
}

function fault(object: KubeObject, what: string, cause?: unknown): BuildError {
  const { kind, namespace, name } = refOf(object)
  return new BuildError('InvalidSubstitution', postBuildFault(object, what), {
    cause,
    data: { kind, namespace, name },
  })
}

/** The words for what went wrong with one object after the build. */
export function postBuildFault(object: KubeObject, what: string): string {
  const { kind, version, group, name } = refOf(object)
  const id = `${kind}.${version}.${group === '' ? '[noGrp]' : group}/${name}`
  return `post build failed for '${id}': ${what}`
}
