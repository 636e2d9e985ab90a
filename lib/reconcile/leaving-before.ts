import { formatId, type ObjectId, parseId } from '../fleet/object-id.ts'
import { formatRef, type ObjectRef } from '../manifest/object.ts'
import { dependencyId } from './edges.ts'
import type { Ports } from './ports.ts'
import { idOf } from './register.ts'
import type { KustomizationObject, Run } from './run.ts'

const maxNamed = 5

/**
 * Kustomizations that are being taken down and must be gone first: those that this one holds, because their objects may
 * stand in its namespaces and act as its accounts, and those that depend on it.
 */
export async function leavingBefore(
  { ports, target }: Run<KustomizationObject>,
  owned: readonly ObjectRef[],
): Promise<readonly string[]> {
  const nested = owned
    .filter(({ kind, group }) => kind === 'Kustomization' && group.startsWith('kustomize.'))
    .map((ref) => idOf(target.id.cluster, ref))
  const there = await registered(ports, target.id.cluster, nested)
  const ids = [...there, ...(await ports.registry.dependentsOf(target.id))]
  const named = new Set<string>()
  // Five are enough to wait for: of hundreds that leave, each that is gone asks again.
  for (const id of ids) {
    if (named.size === maxNamed) break
    const [leaving] = await leavingOf(ports, [id])
    if (leaving !== undefined) named.add(formatRef(leaving))
  }
  return [...named]
}

/** Those that are still known, by one list. */
async function registered(
  { registry }: Pick<Ports, 'registry'>,
  cluster: string,
  ids: readonly ObjectId[],
): Promise<readonly ObjectId[]> {
  if (ids.length === 0) return []
  const known = new Set((await registry.list(cluster, 'Kustomization')).map(formatId))
  return ids.filter((id) => known.has(formatId(id)))
}

/** The other way round: those that wait until this one is gone, which is the moment to ask them. */
export async function waitingFor({
  ports,
  target,
}: Run<KustomizationObject>): Promise<readonly ObjectId[]> {
  const { origin } = target.record
  const parent = origin.type === 'build' ? parseId(origin.parent) : undefined
  const needed = target.spec.dependsOn.map((dependency) => dependencyId(target.id, dependency))
  return leavingOf(ports, [...(parent === undefined ? [] : [parent]), ...needed])
}

async function leavingOf(
  { registry }: Pick<Ports, 'registry'>,
  ids: readonly ObjectId[],
): Promise<readonly ObjectId[]> {
  const found = await Promise.all(ids.map((id) => registry.find(id)))
  return found.flatMap((other) =>
    other?.record.deletionRequestedAt === undefined ? [] : [other.id],
  )
}
