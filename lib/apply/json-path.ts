import { isJsonObject, isKubeObject, type Json, type KubeObject } from '../manifest/object.ts'

/** A place inside an object: keys of maps and indices of lists, from the root. */
export type JsonPath = readonly (string | number)[]

/** The value at a path; undefined where there is none. */
export function valueAt(root: Json | undefined, path: JsonPath): Json | undefined {
  return path.reduce<Json | undefined>((value, step) => stepInto(value, step), root)
}

/** The object with the value at `path` changed, as `changeValue` does. */
export function changeAt(
  object: KubeObject,
  path: JsonPath,
  change: (value: Json) => Json | undefined,
): KubeObject {
  const changed = changeValue(object, path, change)
  return isKubeObject(changed) ? changed : object
}

/**
 * `value` with what stands at `path` replaced by what `change` makes of it, or removed where that is
 * undefined; the very same value where nothing stands there. Only what is on the path is copied.
 */
export function changeValue(
  value: Json,
  [step, ...rest]: JsonPath,
  change: (value: Json) => Json | undefined,
): Json | undefined {
  if (step === undefined) return change(value)
  const inner = stepInto(value, step)
  if (inner === undefined) return value
  const changed = changeValue(inner, rest, change)
  if (changed === inner) return value
  if (Array.isArray(value)) {
    return changed === undefined
      ? value.filter((_, index) => index !== step)
      : value.map((item, index) => (index === step ? changed : item))
  }
  if (!isJsonObject(value)) return value
  const entries = Object.entries(value).flatMap(([key, item]): [string, Json][] => {
    if (key !== step) return [[key, item]]
    return changed === undefined ? [] : [[key, changed]]
  })
  return Object.fromEntries(entries)
}

function stepInto(value: Json | undefined, step: string | number): Json | undefined {
  if (Array.isArray(value)) return typeof step === 'number' ? value[step] : undefined
  if (!isJsonObject(value) || typeof step === 'number') return undefined
  return Object.hasOwn(value, step) ? value[step] : undefined
}

/** The object with `value` at `path`; as it was where the place to put it in is not there. */
export function setAt(object: KubeObject, path: JsonPath, value: Json): KubeObject {
  const last = path.at(-1)
  return changeAt(object, path.slice(0, -1), (holder) => {
    if (typeof last === 'string' && isJsonObject(holder)) return { ...holder, [last]: value }
    if (typeof last !== 'number' || !Array.isArray(holder) || last >= holder.length) return holder
    return holder.with(last, value)
  })
}
