import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { isJsonObject, type Json, type JsonObject } from '../lib/manifest/object.ts'
import { type GoField, readGoTypes } from './go-types.ts'

/**
 * Writes what the sandbox cluster knows of the built-in kinds, read from a real API server behind `kubectl proxy`:
 *   node scripts/generate-sandbox-schema.ts http://127.0.0.1:8001 "$(go env GOMODCACHE)"
 * OpenAPI says what a kind is made of; the Go types say which empty values are left out of an answer,
 * and by which numbers protobuf knows the fields.
 */
const [proxy = '', moduleCache = ''] = process.argv.slice(2)
const target = join(import.meta.dirname, '../lib/sandbox/kubernetes/discovery/builtin-data.ts')

const version = String((await read('/version')).gitVersion)
const definitions = await readDefinitions()
const groups = [...(await readGroups('/api')), ...(await readGroups('/apis'))]
const packed = gzipSync(JSON.stringify({ version, groups, definitions }), { level: 9 })
writeFileSync(
  target,
  [
    '/**',
    ` * Discovery and schemas of the built-in kinds of Kubernetes ${version}: gzipped JSON in base64.`,
    ' * Written by scripts/generate-sandbox-schema.ts; not to be edited.',
    ' */',
    'export const builtinData: string =',
    `  '${packed.toString('base64')}'`,
    '',
  ].join('\n'),
)
console.log(`${Object.keys(definitions).length} definitions, ${packed.length} bytes`)

async function readDefinitions(): Promise<JsonObject> {
  const found = new Map<string, Json>()
  for (const path of Object.keys(objectAt(await read('/openapi/v3'), 'paths'))) {
    if (!/^apis?\//.test(path)) continue
    const { schemas } = objectAt(await read(`/openapi/v3/${path}`), 'components')
    for (const [name, schema] of Object.entries(isJsonObject(schemas) ? schemas : {})) {
      if (name.startsWith('io.k8s.')) found.set(name, withGoRules(name, withoutText(schema)))
    }
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

async function readGroups(path: string): Promise<readonly Json[]> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const { items } = await read(path, accept)
  return Array.isArray(items) ? items.filter(isBuiltin).map(withoutText) : []
}

async function read(path: string, accept = 'application/json'): Promise<JsonObject> {
  const response = await fetch(`${proxy}${path}`, { headers: { accept } })
  const body: unknown = await response.json()
  if (!response.ok || !isJsonObject(body)) throw new Error(`${path}: ${response.status}`)
  return body
}

/** Not a group that somebody's CustomResourceDefinition has added. */
function isBuiltin(group: Json): boolean {
  const { name = '' } = objectAt(isJsonObject(group) ? group : {}, 'metadata')
  return typeof name === 'string' && (!name.includes('.') || name.endsWith('.k8s.io'))
}

/** Only what says how values look and merge, not what they mean. */
function withoutText(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(withoutText)
  if (!isJsonObject(schema)) return schema
  const kept = Object.entries(schema).filter(
    ([key, value]) => !(key === 'description' && typeof value === 'string') && key !== 'freshness',
  )
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutText(value)]))
}

function withGoRules(name: string, schema: Json): Json {
  if (!isJsonObject(schema) || !isJsonObject(schema.properties)) return schema
  const fields = readGoTypes(moduleCache, name, version)
  const properties = Object.entries(schema.properties)
  const marked = properties.map(([key, value]) => [key, withGoField(value, fields.get(key))])
  return { ...schema, properties: Object.fromEntries(marked) }
}

function withGoField(property: Json, field: GoField | undefined): Json {
  if (!isJsonObject(property) || field === undefined) return property
  return { ...property, 'x-zero': field.rule, 'x-proto': field.numbers }
}

function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key]
  return isJsonObject(value) ? value : {}
}
