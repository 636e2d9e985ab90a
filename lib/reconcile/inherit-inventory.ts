import type { ClusterClient } from '../cluster/client.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { apiVersionOfKind, isFluxObject } from '../fleet/fleet-object.ts'
import { type Inventory, parseEntry, staleRefs } from '../inventory/inventory.ts'
import {
  annotationsOf,
  isJsonObject,
  type KubeObject,
  labelsOf,
  type ObjectRef,
  refOf,
} from '../manifest/object.ts'
import { ReconcileError } from './reconcile-error.ts'
import type { KustomizationObject, Run } from './run.ts'

/**
 * What Flux's own Kustomization of this name in the cluster owns: on the first run, and whenever somebody asks for one,
 * so that what leaves Git after a hand-over is pruned. Flux's components are left out: they never become ours.
 * Throws `FluxStillRuns` where that Kustomization is not suspended: two reconcilers must never fight.
 */
export async function inheritInventory(
  run: Run<KustomizationObject>,
  client: () => Promise<ClusterClient>,
  cluster: ClusterSpec,
  planned: Inventory,
): Promise<Inventory> {
  const { ports, request, status, target } = run
  if (status.current().inventory !== undefined && request.cause !== 'user') return []
  const home = await ports.clusters.connect(target.id.cluster)
  const { namespace, name } = target.id
  const found = await home.find(fluxKustomization(namespace, name))
  if (found === undefined) return []
  if (!isSuspendedByFlux(found)) throw stillReconciled(target)
  // An older revision than Flux's last would undo what Flux did; who adopts looks at the sources first, and then asks.
  if (isBeingAdopted(found) && request.cause !== 'user') throw beingAdopted(target)
  const inherited = fluxInventory(found)
  if (cluster.fluxComponents === 'apply') return inherited
  const components = new Set<string>()
  const gone = staleRefs(inherited, planned).filter((ref) => !isFluxObject(ref))
  if (gone.length === 0) return inherited
  const asked = await client()
  await Promise.all(
    gone.map(async (ref) => {
      const live = await asked.find(ref)
      if (live !== undefined && isFluxComponent(live)) components.add(keyOf(ref))
    }),
  )
  return inherited.filter((entry) => {
    const ref = parseEntry(entry)
    return ref !== undefined && !components.has(keyOf(ref))
  })
}

/** The entries of `status.inventory`, as kustomize-controller keeps them. */
export function fluxInventory({ status }: KubeObject): Inventory {
  const inventory = isJsonObject(status) ? status.inventory : undefined
  const entries = isJsonObject(inventory) ? inventory.entries : undefined
  if (!Array.isArray(entries)) return []
  return entries
    .filter(isJsonObject)
    .flatMap(({ id, v }) => (typeof id === 'string' && typeof v === 'string' ? [{ id, v }] : []))
}

function isSuspendedByFlux({ spec }: KubeObject): boolean {
  return isJsonObject(spec) && spec.suspend === true
}

/** What a hand-over under way says on an object of Flux's in the cluster, so that the next try knows whose doing it is. */
export const handOverAnnotation = 'fleet.driftless.dev/hand-over'

function isBeingAdopted(object: KubeObject): boolean {
  return annotationsOf(object)[handOverAnnotation] === 'adopting'
}

/** The Namespace is no component: what the user keeps in it, such as keys, needs it where Flux never ran. */
export function isFluxComponent(object: KubeObject): boolean {
  return object.kind !== 'Namespace' && labelsOf(object)['app.kubernetes.io/part-of'] === 'flux'
}

function fluxKustomization(namespace: string, name: string): ObjectRef {
  const apiVersion = apiVersionOfKind('Kustomization')
  return refOf({ apiVersion, kind: 'Kustomization', metadata: { namespace, name } })
}

function stillReconciled({ id }: KustomizationObject): ReconcileError {
  const message = `cluster ${id.cluster}: Flux's own Kustomization ${id.namespace}/${id.name} is there and not suspended, and two reconcilers must never fight; take it over with: driftless adopt ${id.cluster}`
  return new ReconcileError('ReconciliationFailed', 'FluxStillRuns', message, { retryable: true })
}

function beingAdopted({ id }: KustomizationObject): ReconcileError {
  const message = `cluster ${id.cluster}: Kustomization ${id.namespace}/${id.name} is being taken over from Flux; driftless adopt ${id.cluster} carries it through`
  return new ReconcileError('ReconciliationFailed', 'FluxStillRuns', message, { retryable: true })
}

function keyOf({ namespace, name, group, kind }: ObjectRef): string {
  return `${group}/${kind}/${namespace}/${name}`
}
