import type { ObjectRef } from '../manifest/object.ts'
import { ClusterError } from './cluster-error.ts'
import { type ApiResource, groupVersionPath } from './discovery.ts'

/**
 * The path of one object. A cluster-scoped kind keeps no namespace. Throws `NotFound`, in the words of
 * the API server, where a namespaced kind has none.
 */
export function objectPath(
  resource: ApiResource,
  ref: Pick<ObjectRef, 'namespace' | 'name'>,
): string {
  if (resource.isNamespaced && ref.namespace === '') {
    throw new ClusterError('NotFound', 'the server could not find the requested resource', {
      data: { status: 404, apiReason: 'NotFound' },
    })
  }
  return `${collectionPath(resource, ref.namespace)}/${pathSegment(ref.name)}`
}

/** The path of all objects of a kind, in one namespace or in all of them. */
export function collectionPath(resource: ApiResource, namespace?: string): string {
  const root = groupVersionPath(resource.group, resource.version)
  const scope =
    resource.isNamespaced && namespace !== undefined && namespace !== ''
      ? `/namespaces/${pathSegment(namespace)}`
      : ''
  return `${root}${scope}/${pathSegment(resource.plural)}`
}

/** One segment, encoded; `.` and `..` would climb out of the path, and an empty one would name the whole collection. */
function pathSegment(name: string): string {
  if (name !== '' && name !== '.' && name !== '..') return encodeURIComponent(name)
  throw new ClusterError('BadRequest', `'${name}' is no name of an object: write another one`)
}
