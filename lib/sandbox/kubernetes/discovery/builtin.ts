import { gunzipSync } from 'node:zlib'
import { isJsonObject, type JsonObject } from '../../../manifest/object.ts'
import { listAt, objectAt, textIn } from '../json.ts'
import { builtinData } from './builtin-data.ts'
import { compileSchema, type Schema, untyped } from './schema.ts'

/** What the API serves out of the box: its version, the groups as discovery lists them, and their schemas. */
export type Builtin = {
  readonly version: string
  /** Items of an APIGroupDiscoveryList, the core group first. */
  readonly groups: readonly JsonObject[]
  readonly definitions: JsonObject
  /** Definition name by `<group>/<version>/<Kind>`. */
  readonly nameOf: (gvk: string) => string | undefined
  readonly schemaOf: (definition: string) => Schema
}

let loaded: Builtin | undefined

/** Unpacked when first asked for, once for all clusters of the process. */
export function loadBuiltin(): Builtin {
  loaded ??= unpack()
  return loaded
}

function unpack(): Builtin {
  const text = gunzipSync(Buffer.from(builtinData, 'base64')).toString('utf8')
  const data: unknown = JSON.parse(text)
  const root = isJsonObject(data) ? data : {}
  const definitions = objectAt(root, 'definitions')
  const names = new Map<string, string>()
  for (const [name, definition] of Object.entries(definitions)) {
    const kinds = listAt(definition, 'x-kubernetes-group-version-kind')
    // Options such as DeleteOptions stand in every group; they are no kind of any.
    if (kinds.length !== 1) continue
    const [gvk] = kinds
    names.set(`${textIn(gvk, 'group')}/${textIn(gvk, 'version')}/${textIn(gvk, 'kind')}`, name)
  }
  const schemas = new Map<string, Schema>()
  const schemaOf = (name: string): Schema => {
    const known = schemas.get(name)
    if (known !== undefined) return known
    const schema = isUntyped(name) ? untyped : compileSchema(objectAt(definitions, name), schemaOf)
    schemas.set(name, schema)
    return schema
  }
  return {
    version: textIn(root, 'version'),
    groups: listAt(root, 'groups').filter(isJsonObject),
    definitions,
    nameOf: (gvk) => names.get(gvk),
    schemaOf,
  }
}

/** JSON of any shape, which OpenAPI cannot say. */
function isUntyped(name: string): boolean {
  return /\.(JSON|JSONSchemaPropsOr\w+)$/.test(name)
}
