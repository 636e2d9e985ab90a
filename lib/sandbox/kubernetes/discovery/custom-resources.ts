import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
} from '../../../manifest/object.ts'
import { at, listAt, objectAt, textIn, withValue } from '../json.ts'
import { loadBuiltin } from './builtin.ts'
import type { CustomResource, Resource } from './resources.ts'
import { compileSchema, type Field, type MapSchema, type Schema, untyped } from './schema.ts'

/** The resources that a CustomResourceDefinition serves, one a version. */
export function customResources(definition: KubeObject): readonly Resource[] {
  const versions = listAt(definition, 'spec', 'versions').filter(isJsonObject)
  const stored = versions.find((version) => version.storage === true)
  return versions
    .filter((version) => version.served === true)
    .map((version) => customResource(definition, version, textIn(stored, 'name')))
}

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

function customResource(
  definition: KubeObject,
  version: JsonObject,
  storageVersion: string,
): Resource {
  const names = objectAt(definition, 'spec', 'names')
  const openApi = objectAt(version, 'schema', 'openAPIV3Schema')
  return {
    group: textIn(definition, 'spec', 'group'),
    version: textIn(version, 'name'),
    kind: textIn(names, 'kind'),
    plural: textIn(names, 'plural'),
    singular: textIn(names, 'singular'),
    isNamespaced: textIn(definition, 'spec', 'scope') === 'Namespaced',
    verbs,
    shortNames: listAt(names, 'shortNames').map(String),
    categories: listAt(names, 'categories').map(String),
    subresources: ['status', 'scale'].filter((name) =>
      isJsonObject(at(version, 'subresources', name)),
    ),
    schema: customSchema(openApi),
    storageKey: definition.metadata.name,
    storageVersion,
    custom: {
      definition: definition.metadata.name,
      scale: scaleOf(at(version, 'subresources', 'scale')),
      columns: listAt(version, 'additionalPrinterColumns').filter(isJsonObject),
      openApi,
    },
  }
}

function scaleOf(scale: Json | undefined): CustomResource['scale'] {
  return isJsonObject(scale)
    ? {
        spec: textIn(scale, 'specReplicasPath'),
        status: textIn(scale, 'statusReplicasPath'),
        selector: textIn(scale, 'labelSelectorPath'),
      }
    : undefined
}

/** The schema of the whole object: what the definition says, and the metadata that every object has. */
function customSchema(openApi: JsonObject): Schema {
  const compiled = compileSchema(pruningSchema(openApi), () => untyped)
  const metadata = loadBuiltin().schemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
  const map: MapSchema = compiled.map ?? {
    fields: new Map(),
    isAtomic: false,
    required: [],
    isEmbedded: false,
  }
  const fields = new Map<string, Field>(map.fields)
  const text: Field = {
    schema: () => ({ scalar: 'string' }),
    numbers: [],
    strategies: [],
    isNullable: false,
  }
  fields.set('apiVersion', text).set('kind', text)
  fields.set('metadata', { ...text, schema: () => metadata })
  return { map: { ...map, fields } }
}

/** An object without properties holds nothing in a definition, where OpenAPI would let it hold anything. */
function pruningSchema(source: JsonObject): JsonObject {
  const marked =
    source.type === 'object' && source['x-kubernetes-preserve-unknown-fields'] !== true
      ? { ...source, 'x-kubernetes-pruned': true }
      : source
  const properties = at(source, 'properties')
  const withProperties = isJsonObject(properties)
    ? withValue(
        marked,
        ['properties'],
        Object.fromEntries(
          Object.entries(properties).map(([key, value]) => [
            key,
            isJsonObject(value) ? pruningSchema(value) : value,
          ]),
        ),
      )
    : marked
  return ['items', 'additionalProperties'].reduce((schema, key) => {
    const inner = at(schema, key)
    return isJsonObject(inner) ? withValue(schema, [key], pruningSchema(inner)) : schema
  }, withProperties)
}
