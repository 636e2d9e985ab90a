import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import { isSame, textIn } from '../json.ts'
import { StatusError } from '../status-error.ts'

const maxOperations = 10_000

/** RFC 6902. Throws as the API server does where an operation cannot be done or a test fails. */
export function applyJsonPatch(document: Json, patch: Json): Json {
  if (!Array.isArray(patch)) throw new StatusError('BadRequest', 'a JSON patch is a list')
  if (patch.length > maxOperations) {
    const why = `the allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`
    throw new StatusError('BadRequest', why)
  }
  return patch.reduce<Json>(
    (current, operation: Json) => applyOperation(current, operation),
    document,
  )
}

function applyOperation(document: Json, operation: Json): Json {
  const path = parsePointer(textIn(operation, 'path'))
  const from = parsePointer(textIn(operation, 'from'))
  const value = isJsonObject(operation) ? operation.value : undefined
  switch (textIn(operation, 'op')) {
    case 'add':
      return edit(document, path, { insert: value ?? null })
    case 'replace':
      read(document, path)
      return edit(document, path, { replace: value ?? null })
    case 'remove':
      return edit(document, path, 'remove')
    case 'move':
      return edit(edit(document, from, 'remove'), path, { insert: read(document, from) })
    case 'copy':
      return edit(document, path, { insert: read(document, from) })
    case 'test':
      if (isSame(readOrNull(document, path), value ?? null)) return document
      throw rejected(`testing path ${textIn(operation, 'path')} failed`)
    default:
      throw rejected(`unexpected kind: ${textIn(operation, 'op')}`)
  }
}

type Edit = 'remove' | { readonly insert: Json } | { readonly replace: Json }

function edit(document: Json, path: readonly string[], change: Edit): Json {
  const [step, ...rest] = path
  if (step === undefined) {
    if (change === 'remove') throw rejected('unable to remove nonexistent key')
    return 'insert' in change ? change.insert : change.replace
  }
  if (Array.isArray(document)) return editList(document, step, rest, change)
  if (!isJsonObject(document)) throw missing(step)
  const child = Object.hasOwn(document, step) ? document[step] : undefined
  if (rest.length > 0) {
    if (child === undefined) throw missing(step)
    return { ...document, [step]: edit(child, rest, change) }
  }
  if (change !== 'remove') return { ...document, [step]: newValue(change) }
  if (child === undefined) throw rejected(`Unable to remove nonexistent key: ${step}`)
  return without(document, step)
}

function editList(
  list: readonly Json[],
  step: string,
  rest: readonly string[],
  change: Edit,
): Json {
  const isAppended = step === '-' && rest.length === 0 && change !== 'remove'
  const index = isAppended ? list.length : /^(0|[1-9]\d*)$/.test(step) ? Number(step) : -1
  const isInsert = rest.length === 0 && change !== 'remove' && 'insert' in change
  if (index < 0 || index > list.length || (index === list.length && !isInsert)) {
    throw rejected(`Unable to access invalid index: ${step}`)
  }
  if (rest.length > 0) {
    const child = edit(list[index] ?? null, rest, change)
    return [...list.slice(0, index), child, ...list.slice(index + 1)]
  }
  const after = list.slice(isInsert ? index : index + 1)
  return [...list.slice(0, index), ...(change === 'remove' ? [] : [newValue(change)]), ...after]
}

function newValue(change: Exclude<Edit, 'remove'>): Json {
  return 'insert' in change ? change.insert : change.replace
}

function read(document: Json, path: readonly string[]): Json {
  return path.reduce<Json>((value, step) => {
    const child = childOf(value, step)
    if (child === undefined) throw missing(step)
    return child
  }, document)
}

function readOrNull(document: Json, path: readonly string[]): Json {
  return path.reduce<Json>((value, step) => childOf(value, step) ?? null, document)
}

function childOf(value: Json, step: string): Json | undefined {
  if (Array.isArray(value)) return /^\d+$/.test(step) ? value[Number(step)] : undefined
  return isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined
}

function without(object: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))
}

function parsePointer(pointer: string): readonly string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function missing(step: string): StatusError {
  return rejected(`doc is missing path: ${step}`)
}

function rejected(why: string): StatusError {
  const message = 'the server rejected our request due to an error in our request'
  return new StatusError('Invalid', message, {}, why)
}
