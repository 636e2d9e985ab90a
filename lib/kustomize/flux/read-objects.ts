import { isRawInteger } from '../../manifest/exact-integer.ts'
import { isJsonObject, isKubeObject, type Json, type JsonObject } from '../../manifest/object.ts'
import { BuildError } from '../build-error.ts'

/**
 * The objects that Flux reads out of what a build prints. kustomize's own files are none; whatever has a list `items` stands
 * for what is in it; and integers beyond 64 signed bits are floats. `warn` is told of objects that vanish that way.
 * Throws BuildError `InvalidResource`. Source: fluxcd/pkg ssa/utils ReadObjects, apimachinery's unstructured reader.
 */
export function readObjects(
  documents: readonly JsonObject[],
  warn: (warning: string) => void,
): readonly JsonObject[] {
  return documents
    .filter(isSent)
    .flatMap((document) => {
      refuseOddVersion(document)
      return Array.isArray(document.items) ? itemsOf(document, document.items, warn) : [document]
    })
    .map(readFields)
}

function isSent({ apiVersion, kind }: JsonObject): boolean {
  const isFile = typeof kind === 'string' && kind.toLowerCase() === 'kustomization'
  return !(isFile && String(apiVersion).startsWith('kustomize.config.k8s.io/'))
}

function refuseOddVersion(document: JsonObject): void {
  const { apiVersion } = document
  if (typeof apiVersion !== 'string' || apiVersion.split('/').length <= 2) return
  throw new BuildError(
    'InvalidResource',
    `${nameOf(document)}: apiVersion '${apiVersion}' has more than one slash; write group/version`,
  )
}

function itemsOf(
  list: JsonObject,
  items: readonly Json[],
  warn: (warning: string) => void,
): readonly JsonObject[] {
  if (items.length === 0) {
    warn(`${nameOf(list)} is left out: to Flux its 'items' make it a list, and it holds nothing`)
  }
  return items.map((item) => {
    if (isKubeObject(item)) return item
    throw new BuildError(
      'InvalidResource',
      `${nameOf(list)}: to Flux its 'items' make it a list of objects, whose apiVersion, kind and metadata.name are required and have to be strings`,
    )
  })
}

function nameOf({ kind, metadata }: JsonObject): string {
  const name = isJsonObject(metadata) ? metadata.name : undefined
  return `${String(kind)} '${String(name)}'`
}

/** The map itself where nothing in it has to be read otherwise, which is nearly always. */
function readFields(map: JsonObject): JsonObject {
  const entries = Object.entries(map)
  const changed = entries
    .map(([key, value]): [string, Json] => [key, readValue(value)])
    .filter(([, value], index) => value !== entries[index]?.[1])
  return changed.length === 0 ? map : { ...map, ...Object.fromEntries(changed) }
}

function readValue(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (isRawInteger(value)) return BigInt(value.rawJSON) < 2n ** 63n ? value : Number(value.rawJSON)
  if (isJsonObject(value)) return readFields(value)
  const items = value.map((item: Json) => readValue(item))
  return items.some((item, index) => item !== value[index]) ? items : value
}
