import { shortRevision } from '../artifact/revision.ts'
import type { ClusterView, ObjectView } from '../reconcile/operations.ts'
import type { KindWord } from './kinds.ts'
import { formatTable } from './table.ts'

export type TableFlags = {
  readonly header: boolean
  readonly hasClusters: boolean
  readonly allNamespaces: boolean
  /** True where kinds stand below each other, so that each name says its kind. */
  readonly isPrefixed: boolean
}

/** flux's table of one kind, with a column for the cluster where there are several; empty without rows. */
export function formatObjects(
  { kind, columns }: KindWord,
  objects: readonly ObjectView[],
  { header, hasClusters, allNamespaces, isPrefixed }: TableFlags,
): string {
  const rows = objects.filter((object) => object.kind === kind)
  if (rows.length === 0) return ''
  const titles = [
    ...(hasClusters ? ['CLUSTER'] : []),
    ...(allNamespaces ? ['NAMESPACE'] : []),
    'NAME',
    ...columns,
    'MESSAGE',
  ]
  const cells = rows.map((object) => {
    const values = {
      REVISION: object.revision === '' ? '' : shortRevision(object.revision),
      SUSPENDED: object.isSuspended ? 'True' : 'False',
      READY: object.ready,
    }
    return [
      ...(hasClusters ? [object.cluster] : []),
      ...(allNamespaces ? [object.namespace] : []),
      isPrefixed ? `${kind.toLowerCase()}/${object.name}` : object.name,
      ...columns.map((column) => values[column]),
      object.message,
    ]
  })
  return formatTable(titles, cells, header)
}

export function formatClusters(clusters: readonly ClusterView[], hasHeader: boolean): string {
  const titles = ['NAME', 'CONNECTION', 'TENANCY', 'OBJECTS', 'READY', 'FAILED']
  const rows = clusters.map((cluster) => [
    cluster.name,
    cluster.connection,
    cluster.tenancy,
    String(cluster.objectCount),
    String(cluster.readyCount),
    String(cluster.failedCount),
  ])
  return formatTable(titles, rows, hasHeader)
}
