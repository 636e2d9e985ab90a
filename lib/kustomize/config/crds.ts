import { isJsonObject, type Json, type JsonObject, textAt } from '../../manifest/object.ts'
import { BuildError } from '../build-error.ts'
import type { FieldSpec } from '../fields/field-spec.ts'
import { at, loadText, type Place } from '../load/loader.ts'
import type { NameReference } from '../references/name-reference-table.ts'
import type { Session } from '../session.ts'
import { parseData } from './configurations.ts'
import {
  emptyConfig,
  mergeConfig,
  sortConfig,
  type TransformerConfig,
} from './transformer-config.ts'

/** What the OpenAPI definitions under `crds` say about labels, annotations and references of custom resources. */
export function loadCrds(
  session: Session,
  place: Place,
  paths: readonly string[],
): TransformerConfig {
  let config = emptyConfig
  for (const path of paths) {
    const definitions = parseData(loadText(session, place, path), `${at(place)}${path}`)
    config = mergeConfig(config, readDefinitions(definitions, `${at(place)}${path}`))
  }
  return config
}

function readDefinitions(definitions: Json, file: string): TransformerConfig {
  if (definitions === null) return emptyConfig
  if (!isJsonObject(definitions) || !Object.values(definitions).every(isDefinition)) {
    throw new BuildError(
      'InvalidSchema',
      `crds: ${file}: expected a map of OpenAPI definitions by name, not a CustomResourceDefinition`,
    )
  }
  let config = emptyConfig
  for (const name of Object.keys(definitions)) {
    const properties = propertiesOf(definitions, name)
    const isResource = ['kind', 'apiVersion', 'metadata'].every((field) =>
      Object.hasOwn(properties, field),
    )
    if (!isResource) continue
    const kind = name.slice(name.lastIndexOf('.') + 1)
    const found: Found = { annotations: [], labels: [], prefixes: [], references: [] }
    collect(definitions, name, kind, [], found)
    config = mergeConfig(
      config,
      sortConfig({
        ...emptyConfig,
        commonAnnotations: found.annotations,
        commonLabels: found.labels,
        namePrefix: found.prefixes,
        nameReference: found.references,
      }),
    )
  }
  return config
}

function isDefinition(value: Json): boolean {
  return value === null || isJsonObject(value)
}

type Found = {
  readonly annotations: FieldSpec[]
  readonly labels: FieldSpec[]
  readonly prefixes: FieldSpec[]
  readonly references: NameReference[]
}

const maxNesting = 64

function collect(
  definitions: JsonObject,
  typeName: string,
  kind: string,
  path: readonly string[],
  found: Found,
): void {
  if (path.length > maxNesting) return
  for (const [name, property] of Object.entries(propertiesOf(definitions, typeName))) {
    if (!isJsonObject(property)) continue
    collectProperty(property, kind, [...path, name], found)
    const reference = textAt(property, '$ref')
    if (reference !== '') collect(definitions, reference, kind, [...path, name], found)
  }
}

function collectProperty(
  property: JsonObject,
  kind: string,
  path: readonly string[],
  found: Found,
): void {
  const spec = fieldSpec(kind, path)
  if (isText(property['x-kubernetes-annotation'])) found.annotations.push(spec)
  if (isText(property['x-kubernetes-label-selector'])) found.labels.push(spec)
  if (isText(property['x-kubernetes-identity'])) found.prefixes.push(spec)
  const version = property['x-kubernetes-object-ref-api-version']
  const target = property['x-kubernetes-object-ref-kind']
  if (typeof version !== 'string' || typeof target !== 'string') return
  const nameKey = property['x-kubernetes-object-ref-name-key']
  const field = typeof nameKey === 'string' ? nameKey : 'name'
  found.references.push({
    group: '',
    version,
    kind: target,
    referrers: [fieldSpec(kind, [...path, field])],
  })
}

function fieldSpec(kind: string, path: readonly string[]): FieldSpec {
  return { group: '', version: '', kind, path: path.join('/'), create: false }
}

function propertiesOf(definitions: JsonObject, name: string): JsonObject {
  const definition = Object.hasOwn(definitions, name) ? definitions[name] : undefined
  const schema = objectAt(definition, 'Schema', 'schema')
  return objectAt(schema, 'properties') ?? {}
}

function objectAt(value: Json | undefined, ...names: readonly string[]): JsonObject | undefined {
  if (!isJsonObject(value)) return undefined
  return names.map((name) => value[name]).find(isJsonObject)
}

function isText(value: Json | undefined): boolean {
  return typeof value === 'string'
}
