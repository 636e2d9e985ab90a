import { getField, isNull, type YamlMap } from '../../manifest/node.ts'
import { isOtherInYaml11 } from '../../manifest/scalar/yaml-1-1.ts'
import { setEntry, setMetadataMap, stringScalar, wrongKind } from '../fields/node-edit.ts'
import { parseRepoSpec } from '../repo-spec.ts'
import { metadataMap, type Resource } from './resource.ts'
import type { ResourceList } from './resource-list.ts'

export const originAnnotation = 'config.kubernetes.io/origin'
export const transformationsAnnotation = 'alpha.config.kubernetes.io/transformations'

/** Where a resource comes from, or which plugin made or changed it. */
export type Origin = {
  /** Relative to the folder that is built, or to the root of its repository. */
  readonly path: string
  /** The repository it stands in, where that is not the source itself. */
  readonly repo?: string
  readonly ref?: string
  readonly configuredIn?: string
  readonly configuredBy?: {
    readonly apiVersion: string
    readonly kind: string
    readonly name?: string
    readonly namespace?: string
  }
}

export function hasOrigin(resource: Resource): boolean {
  return metadataMap(resource.node, 'annotations').has(originAnnotation)
}

/** The origin of what stands in a file is one more annotation: the others stay as they were written. */
export function setFileOrigin(resource: Resource, origin: Origin): void {
  const annotations = getField(getField(resource.node, 'metadata'), 'annotations')
  if (annotations === undefined || isNull(annotations)) setOrigin(resource, origin)
  else if (annotations.kind !== 'map') throw wrongKind('a map', annotations)
  else setEntry(annotations, originAnnotation, stringScalar(formatOrigin(origin)))
}

export function setOrigin(resource: Resource, origin: Origin): void {
  if (resource.node !== undefined) annotate(resource.node, originAnnotation, formatOrigin(origin))
}

/** Whatever annotations were before, they are a map of texts then. */
function annotate(node: YamlMap, name: string, text: string): void {
  setMetadataMap(node, 'annotations', new Map([...metadataMap(node, 'annotations'), [name, text]]))
}

/** Records a transformer on all resources; one that came without an origin was made by it. */
export function recordTransformer(list: ResourceList, origin: Origin): void {
  const entry = formatOrigin(origin)
    .trimEnd()
    .split('\n')
    .map((line, index) => (index === 0 ? `- ${line}\n` : `  ${line}\n`))
    .join('')
  for (const resource of list.items()) {
    const { node } = resource
    if (node === undefined) continue
    if (!hasOrigin(resource)) {
      setOrigin(resource, origin)
      continue
    }
    const earlier = metadataMap(node, 'annotations').get(transformationsAnnotation) ?? ''
    annotate(node, transformationsAnnotation, earlier + entry)
  }
}

/** The origin of what a path below leads to. */
export function appendPath(origin: Origin, path: string): Origin {
  const spec = parseRepoSpec(path)
  if (spec !== undefined) {
    const { url, ref } = spec
    // kustomize cuts off the folder of its clone, and where nothing is behind it, all but its name.
    return { ...origin, path: joinDisplayPath('', spec.path) || 'notCloned', repo: url, ref }
  }
  return { ...origin, path: joinDisplayPath(origin.path, path) }
}

/** Joins as Go's filepath.Join does: cleaned, with leading `..` kept. */
export function joinDisplayPath(folder: string, path: string): string {
  const isAbsolute = (folder === '' ? path : folder).startsWith('/')
  const segments: string[] = []
  for (const segment of `${folder}/${path}`.split('/')) {
    if (segment === '' || segment === '.') continue
    const last = segments.at(-1)
    if (segment !== '..' || last === undefined || last === '..') segments.push(segment)
    else segments.pop()
  }
  return (isAbsolute ? '/' : '') + segments.join('/')
}

/** The text of the annotation. */
function formatOrigin(origin: Origin): string {
  const { path, repo = '', ref = '', configuredIn = '', configuredBy } = origin
  const lines = Object.entries({ path, repo, ref, configuredIn }).flatMap(([field, value]) =>
    fieldLine(field, value),
  )
  if (configuredBy !== undefined) {
    const { apiVersion, kind, name = '', namespace = '' } = configuredBy
    lines.push('configuredBy:')
    for (const [field, value] of Object.entries({ apiVersion, kind, name, namespace })) {
      lines.push(...fieldLine(field, value).map((line) => `  ${line}`))
    }
  }
  return lines.map((line) => `${line}\n`).join('')
}

function fieldLine(field: string, value: string): readonly string[] {
  if (value === '') return []
  return [`${field}: ${isOtherInYaml11(value) ? JSON.stringify(value) : value}`]
}
