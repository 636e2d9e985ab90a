import { isRawInteger } from '../../manifest/exact-integer.ts'
import { isJsonObject, type Json, type JsonObject } from '../../manifest/object.ts'
import { formatFloat, formatNumber, shortestFloat32 } from '../../manifest/scalar/number.ts'
import { nearestName } from './nearest-name.ts'

/** Something wrong at one field of a kustomization file. */
export type FieldFault = { readonly field: string; readonly message: string }

/** Where a value stands, and where its faults go. */
export type Where = {
  readonly field: string
  readonly faults: FieldFault[]
  /** Fields that nobody knows are no fault. */
  readonly isLenient?: boolean
  /**
   * Numbers and booleans may stand for strings: everywhere, as for go-yaml v3, or only in the fields of a Go struct that
   * is not embedded in another, as for sigs.k8s.io/yaml. Nowhere where it is left out.
   */
  readonly converts?: 'all' | 'direct'
}

/**
 * The fields of one map, read as Go reads JSON into a struct: names match in any case, a null is as good as
 * nothing, a wrong type is a fault and so is every field that nobody asked for when `close` is called.
 */
export type Fields = {
  readonly has: (name: string) => boolean
  readonly text: (name: string) => string
  /** The text of a field of an embedded struct. */
  readonly embeddedText: (name: string) => string
  readonly optionalText: (name: string) => string | undefined
  readonly flag: (name: string) => boolean
  readonly integer: (name: string) => number
  readonly texts: (name: string) => readonly string[]
  readonly textMap: (name: string) => ReadonlyMap<string, string>
  readonly any: (name: string) => Json | undefined
  readonly list: <T>(name: string, read: (value: Json, where: Where) => T) => readonly T[]
  readonly optional: <T>(name: string, read: (value: Json, where: Where) => T) => T | undefined
  readonly close: () => void
}

export function openFields(value: Json, where: Where): Fields {
  const object = toObject(value, where)
  /** In small letters → as they are written. */
  const asked = new Map<string, string>()
  const get = (name: string): Json => {
    asked.set(name.toLowerCase(), name)
    return findField(object, name)
  }
  const getScalar = (name: string): Json => {
    asked.set(name.toLowerCase(), name)
    return findScalar(object, name)
  }
  const below = (name: string): Where => ({
    ...where,
    field: where.field === '' ? name : `${where.field}.${name}`,
  })
  return {
    has: (name) => get(name) !== null,
    text: (name) => readText(getScalar(name), below(name)),
    embeddedText: (name) => readText(getScalar(name), below(name), true),
    optionalText: (name) => {
      const found = get(name)
      return found === null ? undefined : readText(found, below(name))
    },
    flag: (name) => readFlag(getScalar(name), below(name)),
    integer: (name) => readInteger(getScalar(name), below(name)),
    texts: (name) => readList(get(name), below(name), readText),
    textMap: (name) => readTextMap(get(name), below(name)),
    any: (name) => get(name) ?? undefined,
    list: (name, read) => readList(get(name), below(name), read),
    optional: (name, read) => {
      const found = get(name)
      return found === null ? undefined : read(found, below(name))
    },
    close: () => reportUnknown(object, asked, where),
  }
}

function toObject(value: Json, where: Where): JsonObject {
  if (isMap(value)) return value
  if (value !== null) report(where, 'a map', value)
  return {}
}

function isMap(value: Json): value is JsonObject {
  return isJsonObject(value) && !isRawInteger(value)
}

/** Of several spellings the last one wins, in the order of their code points. */
function findField(object: JsonObject, name: string): Json {
  return spellingsOf(object, name).at(-1) ?? null
}

/** A null leaves what an earlier spelling gave. */
function findScalar(object: JsonObject, name: string): Json {
  return spellingsOf(object, name).findLast((value) => value !== null) ?? null
}

function spellingsOf(object: JsonObject, name: string): readonly (Json | undefined)[] {
  const folded = name.toLowerCase()
  const spellings = Object.keys(object).filter(
    (key) => key.length === name.length && key.toLowerCase() === folded,
  )
  if (spellings.length > 1) spellings.sort()
  return spellings.map((key) => object[key])
}

function reportUnknown(object: JsonObject, asked: ReadonlyMap<string, string>, where: Where): void {
  if (where.isLenient === true) return
  for (const key of Object.keys(object)) {
    if (asked.has(key.toLowerCase())) continue
    const field = where.field === '' ? key : `${where.field}.${key}`
    const nearest = nearestName(key, asked.values())
    const remedy = nearest === undefined ? 'remove it or correct its name' : `is it ${nearest}?`
    where.faults.push({ field, message: `there is no such field; ${remedy}` })
  }
}

function readText(value: Json, where: Where, isEmbedded = false): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  const isConverted = where.converts === 'all' || (where.converts === 'direct' && !isEmbedded)
  const text = isConverted ? convert(value, where.converts) : undefined
  if (text !== undefined) return text
  report(where, 'a string', value)
  return ''
}

/** The text that Go's readers make of a number or a boolean; sigs.k8s.io/yaml leaves floats 32 bits. */
function convert(value: Json, converts: Where['converts']): string | undefined {
  if (isRawInteger(value)) return value.rawJSON
  if (typeof value === 'boolean') return String(value)
  if (typeof value !== 'number') return undefined
  const isExact = converts === 'all' || Number.isSafeInteger(value)
  return isExact ? formatNumber(value) : formatFloat(shortestFloat32(value))
}

function readFlag(value: Json, where: Where): boolean {
  if (typeof value === 'boolean') return value
  if (value !== null) report(where, 'true or false', value)
  return false
}

function readInteger(value: Json, where: Where): number {
  if (isRawInteger(value)) return Number(value.rawJSON)
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 63)
    return value
  if (value !== null) report(where, 'an integer', value)
  return 0
}

function readList<T>(
  value: Json,
  where: Where,
  read: (item: Json, where: Where) => T,
): readonly T[] {
  if (Array.isArray(value)) {
    return value.map((item: Json, index) =>
      read(item, { ...where, field: `${where.field}[${index}]` }),
    )
  }
  if (value !== null) report(where, 'a list', value)
  return []
}

function readTextMap(value: Json, where: Where): ReadonlyMap<string, string> {
  if (!isMap(value)) {
    if (value !== null) report(where, 'a map', value)
    return new Map()
  }
  return new Map(
    Object.entries(value).map(([key, entry]) => [
      key,
      readText(entry, { ...where, field: `${where.field}.${key}` }),
    ]),
  )
}

function report(where: Where, expected: string, value: Json): void {
  where.faults.push({
    field: where.field,
    message: `expected ${expected} but found ${describe(value)}${remedyFor(expected, value)}`,
  })
}

function remedyFor(expected: string, value: Json): string {
  if (expected === 'a list') return "; write '- ' before each entry"
  return expected === 'a string' && (typeof value !== 'object' || isRawInteger(value))
    ? '; put it in quotes'
    : ''
}

function describe(value: Json): string {
  if (Array.isArray(value)) return 'a list'
  if (isRawInteger(value)) return `the number ${value.rawJSON}`
  if (isJsonObject(value)) return 'a map'
  return typeof value === 'string' ? 'a string' : `the ${typeof value} ${String(value)}`
}
