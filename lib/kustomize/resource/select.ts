import { getField } from '../../manifest/node.ts'
import type { Selector } from '../file/kustomization-file.ts'
import { compileAnchored } from '../regex.ts'
import { parseLabelSelector } from './label-selector.ts'
import {
  currentNamespace,
  metadataMap,
  nameOf,
  originalId,
  type Resource,
  typeOfResource,
} from './resource.ts'
import type { Gvk } from './resource-id.ts'
import type { ResourceList } from './resource-list.ts'

/** A selector whose regular expressions are compiled. */
export type CompiledSelector = {
  readonly matchesGvk: (gvk: Gvk) => boolean
  readonly matchesName: (name: string) => boolean
  readonly matchesNamespace: (namespace: string) => boolean
  readonly matchesMetadata: (resource: Resource) => boolean
}

export function compileSelector(selector: Selector, where: string): CompiledSelector {
  const group = compileAnchored(selector.group, `${where}: group`)
  const version = compileAnchored(selector.version, `${where}: version`)
  const kind = compileAnchored(selector.kind, `${where}: kind`)
  return {
    matchesGvk: (gvk) => group(gvk.group) && version(gvk.version) && kind(gvk.kind),
    matchesName: compileAnchored(selector.name, `${where}: name`),
    matchesNamespace: compileAnchored(selector.namespace, `${where}: namespace`),
    matchesMetadata: compileMetadata(selector, where),
  }
}

function compileMetadata(
  { labelSelector, annotationSelector }: Selector,
  where: string,
): (resource: Resource) => boolean {
  if (labelSelector === '' && annotationSelector === '') return isReadable
  const labels = parseLabelSelector(labelSelector, `${where}: labelSelector`)
  const annotations = parseLabelSelector(annotationSelector, `${where}: annotationSelector`)
  return ({ node }) =>
    labels(metadataMap(node, 'labels')) && annotations(metadataMap(node, 'annotations'))
}

/** kustomize reads labels and annotations even where nothing is asked of them, and crashes on a list with a key left over. */
function isReadable({ node }: Resource): boolean {
  const metadata = getField(node, 'metadata')
  for (const field of ['labels', 'annotations'] as const) {
    if (getField(metadata, field)?.kind === 'list') metadataMap(node, field)
  }
  return true
}

/** The resources that a patch or plugin is meant for, by their original or current name and namespace. */
export function selectResources(
  list: ResourceList,
  selector: Selector,
  where: string,
): readonly Resource[] {
  const compiled = compileSelector(selector, where)
  return list.items().filter((resource) => {
    const [original] = resource.former
    const isNamed =
      (original !== undefined && compiled.matchesName(original.name)) ||
      compiled.matchesName(nameOf(resource))
    if (!isNamed || !compiled.matchesGvk(typeOfResource(resource))) return false
    const isPlaced =
      compiled.matchesNamespace(originalId(resource).namespace) ||
      compiled.matchesNamespace(currentNamespace(resource))
    return isPlaced && compiled.matchesMetadata(resource)
  })
}
