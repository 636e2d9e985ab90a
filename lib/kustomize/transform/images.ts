import type { YamlNode } from '../../manifest/node.ts'
import { getField, isNull } from '../../manifest/node.ts'
import { createSpecFilter, editFields } from '../fields/field-path.ts'
import type { FieldSpec } from '../fields/field-spec.ts'
import { setScalar, wrongKind } from '../fields/node-edit.ts'
import type { ImageEntry } from '../file/kustomization-file.ts'
import { compileRegex } from '../regex.ts'
import { kindOf } from '../resource/resource.ts'
import type { ResourceList } from '../resource/resource-list.ts'

/**
 * Sets the images that an entry names: first those of every list called `containers` or `initContainers` at any depth,
 * then those at the paths of the specs. What the first pass wrote, the second may meet again.
 */
export function setImages(
  list: ResourceList,
  entry: ImageEntry,
  specs: readonly FieldSpec[],
): void {
  const matches = createImageMatcher(entry.name)
  const edit = (field: YamlNode): void => setImage(field, entry, matches)
  const specsFor = createSpecFilter(specs)
  const resources = list.items().filter((resource) => kindOf(resource) !== definition)
  for (const { node } of resources) if (node !== undefined) walkContainers(node, edit)
  for (const resource of resources) {
    const { node } = resource
    if (node === undefined) continue
    for (const spec of specsFor(resource)) editFields(node, spec, { edit })
  }
}

const definition = 'CustomResourceDefinition'

/** The name of an entry is a regular expression, because kustomize puts it into one as it is. */
function createImageMatcher(name: string): (image: string) => boolean {
  if (/^[\w/-]*$/.test(name)) return (image) => isImageNamed(image, name)
  const regex = compileRegex(
    `^${name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`,
    `images: '${name}'`,
  )
  return (image) => regex.test(image)
}

const tagAndDigest = /^(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$/

function isImageNamed(image: string, name: string): boolean {
  return image.startsWith(name) && tagAndDigest.test(image.slice(name.length))
}

function walkContainers(node: YamlNode, edit: (field: YamlNode) => void): void {
  if (node.kind === 'list') {
    for (const item of node.items) walkContainers(item, edit)
  }
  if (node.kind !== 'map') return
  const { keys, values } = node
  for (let index = 0; index < keys.length; index++) {
    const value = values[index]
    if (value === undefined || value.kind === 'scalar') continue
    walkContainers(value, edit)
    const key = keys[index]?.value
    if (key === 'containers' || key === 'initContainers') editList(value, edit)
  }
}

function editList(list: YamlNode, edit: (field: YamlNode) => void): void {
  if (list.kind !== 'list') return
  for (const item of list.items) {
    const image = imageOf(item)
    if (image !== undefined) edit(image)
  }
}

function imageOf(item: YamlNode): YamlNode | undefined {
  if (isNull(item)) return undefined
  if (item.kind !== 'map') throw wrongKind('a map', item)
  return getField(item, 'image')
}

function setImage(field: YamlNode, entry: ImageEntry, matches: (image: string) => boolean): void {
  if (field.kind !== 'scalar') throw wrongKind('a scalar', field)
  if (matches(field.value)) setScalar(field, changeImage(field.value, entry), '')
}

/** The image with what the entry says; tag and digest drop each other unless both are given. */
function changeImage(image: string, entry: ImageEntry): string {
  const parts = splitImage(image)
  const name = entry.newName === '' ? parts.name : entry.newName
  let { tag, digest } = parts
  if (entry.newTag !== '') {
    tag = entry.newTag
    digest = entry.digest
  } else if (entry.digest !== '') {
    tag = ''
    digest = entry.digest
  } else if (entry.tagSuffix !== '') {
    tag += entry.tagSuffix
    digest = ''
  }
  return `${name}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`
}

/** The port of a registry is no tag: what stands before the first slash is left alone. */
function splitImage(image: string): { name: string; tag: string; digest: string } {
  const from = Math.max(image.indexOf('/'), 0)
  const at = image.indexOf('@', from)
  const colon = image.indexOf(':', from)
  if (at < 0 && colon < 0) return { name: image, tag: '', digest: '' }
  if (at >= 0 && (colon < 0 || at < colon)) {
    return { name: image.slice(0, at), tag: '', digest: image.slice(at + 1) }
  }
  const end = at < 0 ? image.length : at
  return {
    name: image.slice(0, colon),
    tag: image.slice(colon + 1, end),
    digest: at < 0 ? '' : image.slice(at + 1),
  }
}
