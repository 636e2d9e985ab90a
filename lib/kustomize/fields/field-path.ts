import {
  getField,
  isNull,
  listNode,
  mapNode,
  setField,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import { type Resource, typeOfResource } from '../resource/resource.ts'
import { isSelected, type ResourceType } from '../resource/resource-id.ts'
import type { FieldSpec } from './field-spec.ts'
import { lookup, lookupCreate } from './lookup.ts'
import { emptyNode, getOrCreate, untagged } from './node-edit.ts'

/** What to do with the fields that a path leads to. */
export type FieldEdit = {
  /** What stands at the end of the path where it has to be made; without it nothing is made. */
  readonly createKind?: 'map' | 'scalar'
  readonly createTag?: string
  readonly edit: (field: YamlNode) => void
}

type Segment = {
  readonly name: string
  /** For maps that lack the field. */
  readonly key: YamlScalar
  readonly isList: boolean
  readonly isPlain: boolean
}

/** A field spec whose path is split. */
export type CompiledSpec = { readonly spec: FieldSpec; readonly segments: readonly Segment[] }

export function compileSpec(spec: FieldSpec): CompiledSpec {
  const segments = splitPath(spec.path, '/').map((part) => {
    const isList = part.endsWith('[]')
    const name = isList ? part.slice(0, -2) : part
    return { name, key: untagged(name), isList, isPlain: plainName.test(name) }
  })
  return { spec, segments }
}

/** Finds which of the specs hold for a resource; looked up once for each kind. */
export function createSpecFilter(
  specs: readonly FieldSpec[],
): (resource: Resource) => readonly CompiledSpec[] {
  const compiled = specs.map(compileSpec)
  const found = new Map<ResourceType, readonly CompiledSpec[]>()
  return (resource) => {
    const type = typeOfResource(resource)
    const known = found.get(type)
    if (known !== undefined) return known
    const matching = compiled.filter(({ spec }) => isSelected(type, spec))
    found.set(type, matching)
    return matching
  }
}

/** Edits every field that the path of a spec leads to; lists on the way are walked element by element. */
export function editFields(node: YamlMap, compiled: CompiledSpec, edit: FieldEdit): void {
  walk(node, compiled, 0, edit)
}

function walk(node: YamlNode, compiled: CompiledSpec, depth: number, edit: FieldEdit): void {
  const segment = compiled.segments[depth]
  if (segment === undefined) {
    edit.edit(node)
    return
  }
  if (isNull(node)) return
  if (node.kind === 'list') {
    for (const item of node.items) walk(item, compiled, depth, edit)
    return
  }
  if (node.kind !== 'map') {
    throw new BuildError(
      'FieldType',
      `field '${compiled.spec.path}': expected a list or a map before '${segment.name}' but found a scalar`,
    )
  }
  if (segment.name === '') {
    throw new BuildError('InvalidFieldSpec', `field '${compiled.spec.path}': a segment is empty`)
  }
  const field = step(node, segment, compiled, depth, edit)
  if (field !== undefined) walk(field, compiled, depth + 1, edit)
}

/** The child at a segment, made where the spec and the edit say so; a null becomes what is made there. */
function step(
  node: YamlMap,
  { name, key, isList, isPlain }: Segment,
  compiled: CompiledSpec,
  depth: number,
  { createKind, createTag }: FieldEdit,
): YamlNode | undefined {
  const isCreating = compiled.spec.create && createKind !== undefined && !isList
  if (!isCreating) {
    const field = isPlain ? getField(node, name) : lookup(node, [name])
    if (!isList || field === undefined || !isNull(field)) return field
    const list = listNode()
    setField(node, name, list)
    return list
  }
  const isLast = depth === compiled.segments.length - 1
  const kind = isLast ? createKind : 'map'
  const field = isPlain ? getOrCreate(node, key, kind) : lookupCreate(node, [name], kind)
  if (field === undefined || !isNull(field)) return field
  return replaceNull(node, name, field, kind, createTag)
}

function replaceNull(
  node: YamlMap,
  name: string,
  field: YamlNode,
  kind: 'map' | 'scalar',
  tag: string | undefined,
): YamlNode {
  if (field.kind === 'scalar' && kind === 'scalar') {
    field.tag = tag ?? ''
    return field
  }
  const inside = field.kind === 'scalar' ? field.entries : undefined
  const made = kind === 'map' ? (inside ?? mapNode()) : emptyNode(kind)
  if (made.kind === 'map' && field.kind === 'scalar') made.nullText = field.value
  setField(node, name, made)
  return made
}

/** A name that kyaml does not take for an index or an element. */
const plainName = /^[A-Za-z_$][^=[\]]*$/

/** Splits a path; `\` before the delimiter keeps it in its segment, and one leading delimiter is dropped. */
export function splitPath(path: string, delimiter: string): string[] {
  const parts = path.split(delimiter)
  if (parts.length > 1 && parts[0] === '') parts.shift()
  const segments: string[] = []
  for (const part of parts) {
    const last = segments.at(-1)
    if (last?.endsWith('\\')) segments[segments.length - 1] = last.slice(0, -1) + delimiter + part
    else segments.push(part)
  }
  return segments
}
