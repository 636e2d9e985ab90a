import type { KubeObject } from '../../manifest/object.ts'
import type { AdoptionPlan } from './adoption-plan.ts'
import { isBuilder, stopControllers } from './controllers.ts'
import { nameOf, readFluxKustomizations } from './flux-objects.ts'
import { holdFlux } from './hold-flux.ts'
import { removeFluxObject } from './remove-flux-object.ts'
import { requireSameCluster } from './same-cluster.ts'
import { type HandOver, idOf, unfinished, until } from './steps.ts'

/**
 * Takes a cluster over from Flux: holds Flux, lets Driftless reconcile each Kustomization, which takes over what Flux's
 * owned, and only then removes Flux's objects. Every step looks at what is there, so that a second try goes on where
 * the first one stopped. Throws HandOverError.
 */
export async function adoptCluster(handOver: HandOver, plan: AdoptionPlan): Promise<void> {
  const { tell } = handOver
  await holdFlux(handOver)
  const leavesSome = plan.left.some(({ object }) => object.kind !== 'Kustomization')
  await stopControllers(handOver, (each) => !leavesSome || isBuilder(each))
  // What a last run of Flux's brought is not in the plan, and must not be left behind.
  const known = new Set(
    [...plan.kustomizations, ...plan.left.map(({ object }) => object)].map(nameOf),
  )
  const late = (await readFluxKustomizations(handOver.client)).filter(
    (object) => !known.has(nameOf(object)),
  )
  const kustomizations = [...plan.kustomizations, ...late]
  // First what there is to build from: what an older revision holds must not come back.
  await takeUp(handOver, await registeredAmong(handOver, plan.others))
  await takeUp(handOver, kustomizations)
  await requireSameCluster(handOver, kustomizations)
  for (const object of inRemovalOrder(kustomizations, plan.others)) {
    const isOurs = (await handOver.operations.object(idOf(handOver.cluster, object))) !== undefined
    if (isOurs) await removeFluxObject(handOver.client, object)
    tell(
      `${nameOf(object)} ${isOurs ? 'removed from' : 'is not in the fleet, and stays in'} the cluster`,
    )
  }
}

/** Those of the root last: while it is there, what it owns is known to be declared. */
function inRemovalOrder(
  kustomizations: readonly KubeObject[],
  others: readonly KubeObject[],
): readonly KubeObject[] {
  const isRoot = ({ metadata }: KubeObject) => metadata.name === 'flux-system'
  return [
    ...kustomizations.filter((each) => !isRoot(each)),
    ...kustomizations.filter(isRoot),
    ...others,
  ]
}

/** What Driftless has already; the others come with what builds them, and are then looked at for the first time. */
async function registeredAmong(
  { cluster, operations }: HandOver,
  objects: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  const looked = objects.filter(({ kind }) => kind !== 'Provider' && kind !== 'Alert')
  const found = await Promise.all(looked.map((object) => operations.object(idOf(cluster, object))))
  return looked.filter((_, at) => found[at] !== undefined)
}

/** Has Driftless reconcile them all, as often as it takes: one may wait for another. */
async function takeUp(handOver: HandOver, kustomizations: readonly KubeObject[]): Promise<void> {
  const waiting = new Map(kustomizations.map((object) => [nameOf(object), object]))
  const asked = new Map<string, string>()
  const reasons = new Map<string, string>()
  await until(
    handOver,
    async () => {
      for (const [name, object] of waiting) {
        const reason = await takeUpOne(handOver, object, asked)
        if (reason !== undefined) {
          reasons.set(name, reason)
          continue
        }
        waiting.delete(name)
        handOver.tell(`${name} reconciled by Driftless`)
      }
      return waiting.size === 0 ? true : undefined
    },
    () => [...waiting.keys()].map((name) => `${name}: ${reasons.get(name)}`).join('\n'),
  )
}

/** What keeps one from being taken up; undefined when it is. */
async function takeUpOne(
  { cluster, operations, now }: HandOver,
  object: KubeObject,
  asked: Map<string, string>,
): Promise<string | undefined> {
  const id = idOf(cluster, object)
  const found = await operations.object(id)
  if (found === undefined) {
    return 'neither the fleet nor any Kustomization of it holds this one; add it to the fleet'
  }
  const requestedAt = asked.get(nameOf(object))
  const isHandled =
    requestedAt !== undefined && (found.status.lastHandledReconcileAt ?? '') >= requestedAt
  const isOld = now().getTime() - Date.parse(requestedAt ?? '') >= askAgainMs
  if (requestedAt === undefined || (isHandled && found.ready === 'False' && isOld)) {
    const accepted = found.isSuspended
      ? await operations.resume(id)
      : await operations.reconcile(id)
    if (accepted !== undefined) asked.set(nameOf(object), accepted.requestedAt)
    return found.message
  }
  if (!isHandled || found.ready !== 'True') return found.message
  const isOwner = object.kind === 'Kustomization'
  if (isOwner && found.status.inventory === undefined) throw unfinished(nothingOwned(object))
  return undefined
}

/** One that waits for another fails until that one is there. */
const askAgainMs = 3_000

function nothingOwned(object: KubeObject): string {
  return `${nameOf(object)} is Ready, but owns nothing that is recorded; look at its events`
}
