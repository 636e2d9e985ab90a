import type { Fields } from './fields.ts'
import { optional } from './optional.ts'

/** Patterns are anchored regular expressions; selectors in Kubernetes syntax. */
export type ObjectSelector = {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
  readonly labelSelector?: string
  readonly annotationSelector?: string
}

export function readSelector(target: Fields): ObjectSelector {
  return {
    ...optional('group', target.text('group')),
    ...optional('version', target.text('version')),
    ...optional('kind', target.text('kind')),
    ...optional('name', target.text('name')),
    ...optional('namespace', target.text('namespace')),
    ...optional('labelSelector', target.text('labelSelector')),
    ...optional('annotationSelector', target.text('annotationSelector')),
  }
}
