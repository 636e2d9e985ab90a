import type { Json, JsonObject, KubeObject } from '../../../manifest/object.ts'
import type { Resource } from '../discovery/resources.ts'
import { at, numberIn, textIn } from '../json.ts'
import { partialObject } from '../reads.ts'
import { age, builtinColumns, type Column, column, formatAge, nameColumn } from './table-columns.ts'

/** What kubectl prints for a list: columns, and a row for each object. */
export function tableBody(
  resource: Resource,
  objects: readonly KubeObject[],
  metadata: JsonObject,
  now: Date,
  include: string,
): JsonObject {
  const columns = columnsOf(resource)
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: columns.map(({ name, type, format, priority }) => ({
      name,
      type,
      format,
      description: '',
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, now)),
      ...(include === 'None'
        ? {}
        : { object: include === 'Object' ? object : partialObject(object) }),
    })),
  }
}

function columnsOf(resource: Resource): readonly Column[] {
  if (resource.custom !== undefined) return customColumns(resource)
  return [nameColumn, ...(builtinColumns.get(resource.kind) ?? []), age]
}

function customColumns({ custom }: Resource): readonly Column[] {
  const columns = (custom?.columns ?? []).map((source) =>
    column(
      textIn(source, 'name'),
      (object, now) => {
        const value = readJsonPath(object, textIn(source, 'jsonPath'))
        return source.type === 'date'
          ? formatAge(typeof value === 'string' ? value : '', now)
          : value
      },
      {
        type: textIn(source, 'type') === 'date' ? 'string' : textIn(source, 'type'),
        priority: numberIn(source, 'priority') ?? 0,
      },
    ),
  )
  return [nameColumn, ...(columns.length === 0 ? [age] : columns)]
}

/** Dotted paths, and `[?(@.type=="Ready")]` as columns of conditions use it; null for any other. */
function readJsonPath(object: Json, path: string): Json {
  const steps =
    path.match(/\[\?\(@\.\w+\s*==\s*["'][^"']*["']\)\]|\[\d+\]|\.?[\w/-]+(?:\\\.[\w/-]+)*/g) ?? []
  return steps.reduce<Json>((value, step) => {
    const [, field = '', wanted = ''] =
      /^\[\?\(@\.(\w+)\s*==\s*["']([^"']*)["']\)\]$/.exec(step) ?? []
    const list = Array.isArray(value) ? value : []
    if (field !== '') return list.find((item: Json) => textIn(item, field) === wanted) ?? null
    const [, index] = /^\[(\d+)\]$/.exec(step) ?? []
    if (index !== undefined) return list[Number(index)] ?? null
    return at(value, step.replace(/^\./, '').replaceAll('\\.', '.')) ?? null
  }, object)
}
