import { isJsonObject, type Json, type KubeObject, splitApiVersion } from '../manifest/object.ts'
import { changeAt, type JsonPath, valueAt } from './json-path.ts'

export type Stripped = {
  readonly object: KubeObject
  /** As the API server would warn of it: `unknown field "spec.bogus"`. */
  readonly warnings: readonly string[]
}

/**
 * The object without the fields that a refusal calls unknown (`.spec.bogus: field not declared in schema`), and
 * a warning for each; undefined where the refusal is about something else or the kind is not built in. A server-side apply
 * refuses unknown fields whatever `fieldValidation` says; Flux drops them in silence for the kinds that it knows,
 * and lets those of custom resources be refused.
 */
export function withoutUnknownFields(object: KubeObject, refusal: string): Stripped | undefined {
  if (!isBuiltIn(object)) return undefined
  const paths = [...refusal.matchAll(undeclared)].map(([, path = '']) => path)
  const located = paths.flatMap((text) => {
    const path = locate(object, text)
    return path === undefined || path.length === 0 ? [] : [path]
  })
  if (located.length === 0) return undefined
  return {
    object: located.reduce((current, path) => changeAt(current, path, () => undefined), object),
    warnings: located.map((path) => `unknown field "${formatPath(path)}"`),
  }
}

/** A path holds no line break; keys of lists stand in brackets and may hold spaces and colons. */
const undeclared = /(\.[^\n]*?): field not declared in schema/g

const builtInGroups = new Set(['', 'apps', 'autoscaling', 'batch', 'extensions', 'policy'])
const builtInDomains = [
  'admissionregistration',
  'authentication',
  'authorization',
  'certificates',
  'coordination',
  'discovery',
  'events',
  'networking',
  'node',
  'resource',
  'scheduling',
  'storage',
]

/** Kinds that Flux converts to their Go types. Roles are not: kustomize-controller#1041. */
function isBuiltIn(object: KubeObject): boolean {
  const { group } = splitApiVersion(object.apiVersion)
  return (
    builtInGroups.has(group) ||
    builtInDomains.some((domain) => group === `${domain}.k8s.io`) ||
    group === 'flowcontrol.apiserver.k8s.io' ||
    (group === 'rbac.authorization.k8s.io' && object.kind.endsWith('Binding'))
  )
}

/** `.spec.containers[name="web"].foo` → the path to it in this object; undefined where it does not lead there. */
function locate(object: KubeObject, text: string): JsonPath | undefined {
  const path: (string | number)[] = []
  let rest = text
  while (rest !== '') {
    const value = valueAt(object, path)
    const step = rest.startsWith('[') ? listStep(rest, value) : mapStep(rest, value)
    if (step === undefined) return undefined
    path.push(step.key)
    rest = rest.slice(step.length)
  }
  return path
}

type Step = { readonly key: string | number; readonly length: number }

/** Keys may hold dots, and are not quoted: the longest key of the map that fits is the one meant. */
function mapStep(rest: string, value: Json | undefined): Step | undefined {
  if (!isJsonObject(value) || !rest.startsWith('.')) return undefined
  const fitting = Object.keys(value).filter((key) => {
    const next = rest.charAt(key.length + 1)
    return rest.startsWith(key, 1) && (next === '' || next === '.' || next === '[')
  })
  const [key] = fitting.sort((a, b) => b.length - a.length)
  return key === undefined ? undefined : { key, length: key.length + 1 }
}

function listStep(rest: string, value: Json | undefined): Step | undefined {
  const match = /^\[((?:"(?:[^"\\]|\\.)*"|[^\]"])*)\]/.exec(rest)
  if (match === null || !Array.isArray(value)) return undefined
  const [whole, inner = ''] = match
  const index = /^\d+$/.test(inner) ? Number(inner) : indexByKey(value, inner)
  return index < 0 ? undefined : { key: index, length: whole.length }
}

/** `containerPort=80,protocol="TCP"` → where the item with these fields stands. */
function indexByKey(items: readonly Json[], text: string): number {
  const fields = [...text.matchAll(/(\w+)=("(?:[^"\\]|\\.)*"|[^,]*)/g)]
  if (fields.length === 0) return -1
  return items.findIndex(
    (item) =>
      isJsonObject(item) &&
      fields.every(([, name = '', value = '']) => JSON.stringify(item[name]) === value),
  )
}

function formatPath(path: JsonPath): string {
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`,
    )
    .join('')
}
