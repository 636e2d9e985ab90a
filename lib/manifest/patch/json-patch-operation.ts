import { ManifestError } from '../error.ts'
import { isRawInteger } from '../exact-integer.ts'
import { setJsonField } from '../json-field.ts'
import { isJsonObject, type Json, type JsonObject } from '../object.ts'
import { jsonSources } from './json-source.ts'

/** One step of a JSON patch. `sources` is its value with every scalar in the spelling of the patch. */
export type PatchOperation = { readonly fields: JsonObject; readonly sources: Json }

/** Applies one operation; `index` is its place in the patch, for messages. */
export function applyOperation(document: Json, operation: PatchOperation, index: number): Json {
  const { fields } = operation
  const op = Object.hasOwn(fields, 'op') ? fields.op : undefined
  const run = typeof op === 'string' ? operations.get(op) : undefined
  if (run === undefined) {
    throw new ManifestError(
      'PatchSyntax',
      `operation ${index}: unknown op '${String(op)}'; use add, remove, replace, move, copy or test`,
    )
  }
  return run(document, { ...operation, name: `operation ${index} (${String(op)})` })
}

type Step = PatchOperation & { readonly name: string }

const operations: ReadonlyMap<string, (document: Json, step: Step) => Json> = new Map([
  [
    'add',
    (document, step) => edit(document, pathOf(step, 'path'), step, adding(step, newValue(step))),
  ],
  ['remove', (document, step) => edit(document, pathOf(step, 'path'), step, removing(step))],
  ['replace', replace],
  ['move', move],
  ['copy', copy],
  ['test', test],
])

function newValue(step: Step): Json {
  return Object.hasOwn(step.fields, 'value') ? (step.fields.value ?? null) : null
}

function pathOf(step: Step, field: 'path' | 'from'): string {
  const path = Object.hasOwn(step.fields, field) ? step.fields[field] : undefined
  if (typeof path === 'string') return path
  throw new ManifestError('PatchSyntax', `${step.name}: '${field}' is missing`)
}

function replace(document: Json, step: Step): Json {
  const path = pathOf(step, 'path')
  const value = newValue(step)
  if (path !== '') return edit(document, path, step, replacing(step, value))
  if (isContainer(value)) return value
  throw new ManifestError('PatchPath', `${step.name}: only a map or a list can replace the root`)
}

function move(document: Json, step: Step): Json {
  const from = pathOf(step, 'from')
  const value = look(document, from, step)
  const without = edit(document, from, step, removing(step))
  return edit(without, pathOf(step, 'path'), step, adding(step, value ?? null))
}

/** Copying from a key that is absent gives null. */
function copy(document: Json, step: Step): Json {
  const value = look(document, pathOf(step, 'from'), step)
  return edit(document, pathOf(step, 'path'), step, adding(step, value ?? null))
}

function test(document: Json, step: Step): Json {
  const path = pathOf(step, 'path')
  const found = path === '' ? document : look(document, path, step)
  if (isEqual(jsonSources(found ?? null), step.sources)) return document
  throw new ManifestError('PatchTest', `${step.name}: the value at '${path}' is another`)
}

function isEqual(one: Json, other: Json): boolean {
  if (!isContainer(one) || !isContainer(other)) return one === other
  if (isJsonObject(one) !== isJsonObject(other)) return false
  const keys = Object.keys(one)
  if (keys.length !== Object.keys(other).length) return false
  return keys.every((key) => {
    const left = childAt(one, key)
    const right = childAt(other, key)
    if (left === undefined || right === undefined) return false
    // The library crashes over a null in a list, which fails as well.
    return Array.isArray(one) && (left === null || right === null) ? false : isEqual(left, right)
  })
}

function isContainer(value: Json): value is Exclude<Json, null | boolean | number | string> {
  return typeof value === 'object' && value !== null && !isRawInteger(value)
}

function childAt(container: Json, key: string): Json | undefined {
  if (isJsonObject(container)) return Object.hasOwn(container, key) ? container[key] : undefined
  return Array.isArray(container) ? container[Number(key)] : undefined
}

/** Path parts behind the first slash; what stands before it does not count. */
function partsOf(path: string, step: Step): string[] {
  const [, ...parts] = path.split('/')
  if (parts.length === 0) {
    throw new ManifestError('PatchPath', `${step.name}: path '${path}' names no field`)
  }
  return parts.map((part) => part.replaceAll(/~[01]/g, (code) => (code === '~1' ? '/' : '~')))
}

/** What stands at a path; undefined for a key that is absent. */
function look(document: Json, path: string, step: Step): Json | undefined {
  const parts = partsOf(path, step)
  const last = parts.pop() ?? ''
  let container: Json = document
  for (const part of parts) {
    const child = isContainer(container) ? childOf(container, part, step) : undefined
    if (child === undefined || !isContainer(child)) throw missing(step, path)
    container = child
  }
  return childOf(container, last, step)
}

function childOf(container: Json, key: string, step: Step): Json | undefined {
  if (!Array.isArray(container)) return childAt(container, key)
  return container[existingIndex(container, key, step)]
}

type Change = (container: Json, key: string) => Json

/** A copy of the document in which `change` was made to the container that a path leads to. */
function edit(document: Json, path: string, step: Step, change: Change): Json {
  return editAt(document, partsOf(path, step), 0, { path, step, change })
}

type Edit = { readonly path: string; readonly step: Step; readonly change: Change }

function editAt(container: Json, parts: readonly string[], depth: number, task: Edit): Json {
  const part = parts[depth] ?? ''
  if (depth === parts.length - 1) return task.change(container, part)
  const child = childOf(container, part, task.step)
  if (child === undefined || !isContainer(child)) throw missing(task.step, task.path)
  const changed = editAt(child, parts, depth + 1, task)
  if (!Array.isArray(container)) return withField(container, part, changed)
  return container.with(existingIndex(container, part, task.step), changed)
}

function missing(step: Step, path: string): ManifestError {
  return new ManifestError('PatchPath', `${step.name}: nothing stands at '${path}'`)
}

function adding(step: Step, value: Json): Change {
  return (container, key) => {
    if (!Array.isArray(container)) return withField(container, key, value)
    if (key === '-') return [...container, value]
    const index = indexOf(container.length + 1, key, step)
    return container.toSpliced(index, 0, value)
  }
}

function removing(step: Step): Change {
  return (container, key) => {
    if (Array.isArray(container)) return container.toSpliced(existingIndex(container, key, step), 1)
    if (childAt(container, key) === undefined) throw missing(step, key)
    return withField(container, key, undefined)
  }
}

function replacing(step: Step, value: Json): Change {
  return (container, key) =>
    Array.isArray(container)
      ? container.with(existingIndex(container, key, step), value)
      : withField(container, key, value)
}

function withField(container: Json, key: string, value: Json | undefined): Json {
  const object: Record<string, Json> = {}
  if (isJsonObject(container)) {
    for (const [name, field] of Object.entries(container)) {
      if (name !== key) setJsonField(object, name, field)
    }
  }
  if (value !== undefined) setJsonField(object, key, value)
  return object
}

function existingIndex(list: readonly Json[], key: string, step: Step): number {
  return indexOf(list.length, key, step)
}

/** An index below `length`; a negative one counts from the end. */
function indexOf(length: number, key: string, step: Step): number {
  const index = /^[+-]?\d+$/.test(key) ? Number(key) : Number.NaN
  if (index >= -length && index < length) return index < 0 ? index + length : Math.abs(index)
  throw new ManifestError('PatchPath', `${step.name}: '${key}' is no index of the list`)
}
