import type { Registry } from './discovery/registry.ts'
import type { Resource } from './discovery/resources.ts'
import { notServed } from './status-error.ts'

/** What a path points at: a collection where the name is empty. */
export type Target = {
  readonly resource: Resource
  /** Empty for cluster-scoped kinds, and for lists over all namespaces. */
  readonly namespace: string
  readonly name: string
  readonly subresource: '' | 'status' | 'scale'
}

/** `unserved` where not even the group is known; throws NotFound for an unknown resource of a known one. */
export function parseTarget(registry: Registry, path: string): Target | 'unserved' {
  const [root, ...rest] = path.split('/').slice(1).map(decode)
  const [group = '', version = '', ...steps] = root === 'api' ? ['', ...rest] : rest
  const isKnown =
    (root === 'api' || root === 'apis') &&
    registry.versionsOf(group).some((known) => known.version === version)
  if (!isKnown) return 'unserved'
  const isScoped = steps[0] === 'namespaces' && steps.length > 2 && !isOwnSubresource(steps)
  const namespace = isScoped ? (steps[1] ?? '') : ''
  const [plural = '', name = '', subresource = '', ...more] = isScoped ? steps.slice(2) : steps
  const resource = registry.find(group, version, plural)
  if (resource === undefined || more.length > 0) throw notServed()
  const isMisplaced = resource.isNamespaced ? !isScoped && name !== '' : isScoped
  if (isMisplaced) throw notServed()
  return { resource, namespace, name, subresource: servedSubresource(resource, subresource) }
}

function servedSubresource(resource: Resource, name: string): Target['subresource'] {
  if (name === '') return name
  const isServed = resource.subresources.includes(name)
  if (isServed && (name === 'status' || name === 'scale')) return name
  throw notServed()
}

/** `/api/v1/namespaces/<name>/status` is a namespace's own, not a kind in it. */
function isOwnSubresource(steps: readonly string[]): boolean {
  return steps.length === 3 && ['status', 'finalize'].includes(steps[2] ?? '')
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
