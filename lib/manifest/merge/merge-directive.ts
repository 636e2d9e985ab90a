import { deleteField, getField, type YamlNode } from '../node.ts'
import { setElement } from './merge-element.ts'
import { mergeConflict } from './merge-state.ts'

export type MergeDirective = 'merge' | 'replace' | 'delete'

const key = '$patch'

/**
 * What a patch says of itself by `$patch`, which is taken out of it; in a list it is an element of its own.
 * Throws ManifestError `MergeConflict` for an unknown one. Source: kyaml merge2 smpdirective.go.
 */
export function directiveOf(patch: YamlNode | undefined): MergeDirective {
  if (patch === undefined) return 'merge'
  if (patch.kind === 'scalar') throw mergeConflict(patch, 'a scalar cannot patch a map or a list')
  const text = directiveText(patch)
  if (text === undefined) return 'merge'
  if (!isDirective(text)) throw mergeConflict(patch, `unknown patch strategy '${text}'`)
  if (patch.kind === 'map') deleteField(patch, key)
  else setElement(patch, undefined, [key], [text])
  return text
}

export function isDirectiveKnown(patch: YamlNode): boolean {
  if (patch.kind === 'scalar') return false
  const text = directiveText(patch)
  return text === undefined || isDirective(text)
}

function directiveText(patch: YamlNode): string | undefined {
  if (patch.kind === 'map') return textOf(getField(patch, key))
  if (patch.kind === 'scalar') return undefined
  const element = patch.items.find((item) => getField(item, key) !== undefined)
  return element?.kind === 'map' && element.keys.length === 1
    ? textOf(getField(element, key))
    : undefined
}

function textOf(node: YamlNode | undefined): string | undefined {
  if (node === undefined) return undefined
  return node.kind === 'scalar' ? node.value : ''
}

function isDirective(text: string): text is MergeDirective {
  return text === 'merge' || text === 'replace' || text === 'delete'
}
