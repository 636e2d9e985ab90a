import type { MergeRule, MergeSchema } from '../../manifest/merge/merge-schema.ts'
import { isJsonObject, type Json, type JsonObject, textAt } from '../../manifest/object.ts'

/** How the lists of the types that an OpenAPI document defines merge. */
export function openApiSchema(document: JsonObject): MergeSchema {
  const table: Table = { document, indexes: new Map(), defs: [] }
  const roots: Record<string, number> = {}
  for (const definition of Object.values(objectAt(document, 'definitions') ?? {})) {
    if (!isJsonObject(definition)) continue
    const kinds = definition['x-kubernetes-group-version-kind']
    if (!Array.isArray(kinds)) continue
    for (const kind of kinds) {
      const type = typeOf(kind)
      if (type !== undefined) roots[type] = indexOf(definition, table)
    }
  }
  return { roots, defs: table.defs }
}

/** Which types have paths below a namespace; those that have paths but none of these are cluster-scoped. */
export function openApiScopes(document: JsonObject): ReadonlyMap<string, boolean> {
  const scopes = new Map<string, boolean>()
  for (const [path, item] of Object.entries(objectAt(document, 'paths') ?? {})) {
    const type = typeOf(objectAt(objectAt(item, 'get'), 'x-kubernetes-group-version-kind'))
    if (type === undefined) continue
    if (path.includes('namespaces/{namespace}')) scopes.set(type, true)
    else if (!scopes.has(type)) scopes.set(type, false)
  }
  return scopes
}

function typeOf(value: Json | undefined): string | undefined {
  if (!isJsonObject(value)) return undefined
  const group = textAt(value, 'group')
  return `${group === '' ? '' : `${group}/`}${textAt(value, 'version')} ${textAt(value, 'kind')}`
}

type Table = {
  readonly document: JsonObject
  readonly indexes: Map<JsonObject, number>
  readonly defs: Record<string, MergeRule>[]
}

/** The place of a definition in the table; one that leads back to itself has its place before its fields are known. */
function indexOf(definition: JsonObject, table: Table): number {
  const known = table.indexes.get(definition)
  if (known !== undefined) return known
  const index = table.defs.length
  const fields: Record<string, MergeRule> = {}
  table.indexes.set(definition, index)
  table.defs.push(fields)
  for (const [name, property] of Object.entries(objectAt(definition, 'properties') ?? {})) {
    const schema = resolve(property, table.document)
    if (schema !== undefined && name !== '__proto__') fields[name] = ruleOf(schema, table)
  }
  return index
}

function ruleOf(schema: JsonObject, table: Table): MergeRule {
  const mergeKeys = mergeKeysOf(schema)
  if (mergeKeys === undefined) return indexOf(schema, table)
  const element = isArray(schema) ? resolve(schema.items, table.document) : undefined
  return [element === undefined ? -1 : indexOf(element, table), ...mergeKeys]
}

/** Follows references; undefined where one leads nowhere. */
function resolve(value: Json | undefined, document: JsonObject): JsonObject | undefined {
  let found = value
  for (let steps = 0; steps < 32; steps++) {
    if (!isJsonObject(found)) return undefined
    const reference = textAt(found, '$ref')
    if (reference === '') return found
    found = definitionOf(reference, document)
  }
  return undefined
}

function definitionOf(reference: string, document: JsonObject): Json | undefined {
  let found: Json | undefined = document
  for (const part of reference.replace(/^#\//, '').split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    found = isJsonObject(found) && Object.hasOwn(found, name) ? found[name] : undefined
  }
  return found
}

function isArray(schema: JsonObject): boolean {
  const { type } = schema
  return type === 'array' || (Array.isArray(type) && type.length === 1 && type[0] === 'array')
}

function mergeKeysOf(schema: JsonObject): readonly string[] | undefined {
  const strategy = textAt(schema, 'x-kubernetes-patch-strategy')
  if (!strategy.split(',').includes('merge')) return undefined
  const listKeys = schema['x-kubernetes-list-map-keys']
  if (Array.isArray(listKeys)) return listKeys.filter((key) => typeof key === 'string')
  const key = textAt(schema, 'x-kubernetes-patch-merge-key')
  return key === '' ? [] : [key]
}

function objectAt(value: Json | undefined, name: string): JsonObject | undefined {
  if (!isJsonObject(value) || !Object.hasOwn(value, name)) return undefined
  const found = value[name]
  return isJsonObject(found) ? found : undefined
}
