import type { Fleet, FleetContext, FleetFault, FleetFile } from '../fleet/load.ts'
import type { Budget, SyncPorts } from '../reconcile/sync-fleet.ts'
import type { IntakeFile, IntakeRecord } from './fleet-intake-record.ts'

export type LoadFleet = (files: readonly FleetFile[], context?: FleetContext) => Fleet

/** What one step of taking in a fleet works with. */
export type IntakeStep = {
  readonly ports: SyncPorts
  readonly hasTime: () => boolean
  readonly budget: Budget
  readonly load: LoadFleet
  /** Throws where the file changed since it was listed; kept for another look unless this `isLast`. */
  readonly text: (path: string, isLast: boolean) => Promise<string>
  readonly save: (record: IntakeRecord) => Promise<void>
  readonly report: (fault: FleetFault) => void
  readonly count: (what: 'registered' | 'removed', many: number) => void
}

/** Names of the usable Clusters of all files that were looked at. */
export function usableClusters({ files }: Pick<IntakeRecord, 'files'>): readonly string[] {
  return clustersOf(files).flatMap(({ name, isUsable }) => (isUsable ? [name] : []))
}

/** Ids of roots that the `sync` of a usable Cluster stands for. */
export function syncIds({ files }: Pick<IntakeRecord, 'files'>): readonly string[] {
  return clustersOf(files).flatMap(({ sync }) => sync)
}

export function clustersOf(files: readonly IntakeFile[]): NonNullable<IntakeFile['clusters']> {
  return files.flatMap(({ clusters = [] }) => clusters)
}

/** The file that each id stands in. */
export function ownersOf({ files }: Pick<IntakeRecord, 'files'>): Map<string, string> {
  return new Map(files.flatMap(({ path, ids }) => ids.map((id) => [id, path] as const)))
}

/** The cluster in an id. */
export function clusterOf(id: string): string {
  return id.slice(0, id.indexOf('/'))
}
