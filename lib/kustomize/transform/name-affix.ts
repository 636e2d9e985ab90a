import { type CompiledSpec, compileSpec, editFields } from '../fields/field-path.ts'
import type { FieldSpec } from '../fields/field-spec.ts'
import { setScalar } from '../fields/node-edit.ts'
import {
  originalId,
  type Resource,
  rememberId,
  textOf,
  typeOfResource,
} from '../resource/resource.ts'
import { type Gvk, isSelected } from '../resource/resource-id.ts'
import type { ResourceList } from '../resource/resource-list.ts'

export type NameAffix = { readonly side: 'prefix' | 'suffix'; readonly text: string }

const anyGroup = { group: '', version: '' }

/** Kinds whose names have a meaning of their own. */
const untouched: readonly Gvk[] = [
  { ...anyGroup, kind: 'CustomResourceDefinition' },
  { group: 'apiregistration.k8s.io', version: '', kind: 'APIService' },
  { ...anyGroup, kind: 'Namespace' },
]

/** Puts a prefix before, or a suffix behind, the names of all resources. */
export function addNameAffix(
  list: ResourceList,
  affix: NameAffix,
  specs: readonly FieldSpec[],
): void {
  const compiled = specs.map(compileSpec)
  for (const resource of list.items()) {
    const id = originalId(resource)
    if (untouched.some((gvk) => isSelected(id, gvk))) continue
    for (const spec of compiled) {
      if (isSelected(id, spec.spec)) addTo(resource, affix, spec)
    }
  }
  list.reindex()
}

function addTo(resource: Resource, { side, text }: NameAffix, spec: CompiledSpec): void {
  const { node } = resource
  if (node === undefined) return
  if (spec.spec.path === 'metadata/name' && text !== '') {
    // kustomize remembers them in a list separated by commas.
    const texts = text.split(',')
    if (side === 'prefix') resource.prefixes = [...resource.prefixes, ...texts]
    else resource.suffixes = [...resource.suffixes, ...texts]
    rememberId(resource)
  }
  if (!isSelected(typeOfResource(resource), spec.spec)) return
  editFields(node, spec, {
    createKind: 'scalar',
    createTag: '!!str',
    edit: (field) => {
      const name = textOf(field)
      setScalar(field, side === 'prefix' ? text + name : name + text, '')
    },
  })
}
