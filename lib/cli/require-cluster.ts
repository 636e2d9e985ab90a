import { nearestName } from '../kustomize/file/nearest-name.ts'
import type { Operations } from '../reconcile/operations.ts'
import { ExitError } from './context.ts'

/** Refuses a cluster that the fleet does not hold; asked where nothing was found, so that it costs nothing else. */
export async function requireCluster(
  operations: Operations,
  cluster: string | undefined,
): Promise<void> {
  if (cluster === undefined) return
  const names = (await operations.clusters()).map(({ name }) => name)
  if (names.includes(cluster)) return
  const nearest = nearestName(cluster, names)
  const hint = nearest === undefined ? '' : `, did you mean '${nearest}'`
  const remedy = names.length === 0 ? 'there is none yet' : `use ${names.join(', ')}`
  throw new ExitError(1, `there is no cluster '${cluster}'${hint}; ${remedy}`)
}
