import { createTree, type Tree, type TreeFiles } from '../artifact/tree.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { isFluxObject, readFleetObject } from '../fleet/fleet-object.ts'
import type { KustomizationSpec } from '../fleet/kustomization.ts'
import { formatId, isSameId, type ObjectId } from '../fleet/object-id.ts'
import { inventoryId } from '../inventory/inventory.ts'
import { buildKustomization } from '../kustomize/flux/build-kustomization.ts'
import { substitute } from '../kustomize/flux/substitute.ts'
import { type KubeObject, type ObjectRef, refOf } from '../manifest/object.ts'
import { joinInRoot } from './build-objects.ts'
import { isReady } from './conditions.ts'
import { sourceIdOf } from './edges.ts'
import { createMentions } from './mentions.ts'
import type { Ports } from './ports.ts'
import type { KustomizationObject, Run } from './run.ts'
import { readStatus } from './status-writer.ts'
import { withRemotes } from './with-remotes.ts'

export type Claims = {
  readonly isClaimed: (ref: ObjectRef) => boolean
  /** It may be claimed by a Kustomization that does not build: its source names it. */
  readonly mayBeClaimed: (ref: ObjectRef) => boolean
  /** Those that do not build. */
  readonly broken: readonly ObjectId[]
  /** False where too many are yet to be looked at: whatever they may hold must stay for now. */
  readonly isComplete: boolean
}

/** So many builds are worth one prune; with more to come, it waits until most of them had their turn. */
const maxBuilds = 64

type Claimant = { readonly id: ObjectId; readonly spec: KustomizationSpec }

/**
 * What other Kustomizations of the same source are about to own at its present revision, and have not applied yet: an
 * object that moves from one to another in a commit is not deleted by the one that is looked at first. Those that a
 * parent is only about to register count too. Of one that does not build nobody can tell what it holds: what the
 * source names somewhere may be its own.
 */
export async function readClaims(
  run: Run<KustomizationObject>,
  cluster: ClusterSpec,
): Promise<Claims> {
  const { ports, target } = run
  const sourceId = sourceIdOf(target.id, target.spec.sourceRef)
  const { artifact } = await readStatus(ports.store, sourceId)
  const files = artifact === undefined ? undefined : await ports.artifacts.open(artifact.digest)
  const waiting = artifact === undefined ? [] : await claimantsOf(run, sourceId, artifact.revision)
  if (files === undefined) return { ...noClaims, isComplete: waiting.length === 0 }
  const found = await lookThrough(run, cluster, createTree(files), waiting)
  if (!found.isComplete) return { ...noClaims, isClaimed: () => true, isComplete: false }
  const { claimed, broken } = found
  return {
    isClaimed: (ref) => claimed.has(inventoryId(ref)),
    mayBeClaimed: broken.length === 0 ? noClaims.mayBeClaimed : mentionsIn(files),
    broken,
    isComplete: true,
  }
}

type Found = {
  /** Inventory ids. */
  readonly claimed: Set<string>
  readonly broken: ObjectId[]
  readonly isComplete: boolean
}

/** Builds the claimants, and those that their builds hold. */
async function lookThrough(
  { ports, target }: Run<KustomizationObject>,
  cluster: ClusterSpec,
  tree: Tree,
  claimants: readonly Claimant[],
): Promise<Found> {
  const waiting = [...claimants]
  const source = sourceIdOf(target.id, target.spec.sourceRef)
  const seen = new Set([formatId(target.id)])
  const found: Found = { claimed: new Set(), broken: [], isComplete: true }
  let builds = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const key = formatId(next.id)
    if (seen.has(key)) continue
    if (builds === maxBuilds) return { ...found, isComplete: false }
    seen.add(key)
    builds += 1
    const objects = await buildPlainly(ports, cluster, tree, next.spec)
    // What lies in another cluster is another object, whatever its name.
    const isHere = isSameCluster(next.spec, target.spec)
    if (objects === undefined && isHere) found.broken.push(next.id)
    for (const object of objects ?? []) {
      const ref = refOf(object)
      if (isHere || isFluxObject(ref)) claim(found, ref)
      waiting.push(...claimantIn(object, next.id.cluster, source))
    }
  }
  return found
}

/** Also as an object of the whole cluster: where its kind is one, the namespace that kustomize gives it is none. */
function claim({ claimed }: Found, ref: ObjectRef): void {
  claimed.add(inventoryId(ref))
  claimed.add(inventoryId({ ...ref, namespace: '' }))
}

/** Flux's own objects are left out: one that fails must be able to leave. */
function mentionsIn(files: TreeFiles): (ref: ObjectRef) => boolean {
  const isMentioned = createMentions(files)
  return (ref) => !isFluxObject(ref) && isMentioned(ref)
}

const noClaims: Pick<Claims, 'isClaimed' | 'mayBeClaimed' | 'broken'> = {
  isClaimed: () => false,
  mayBeClaimed: () => false,
  broken: [],
}

/** Kustomizations that build from the source and have not yet brought this revision to the cluster. */
async function claimantsOf(
  { ports, target }: Run<KustomizationObject>,
  source: ObjectId,
  revision: string,
): Promise<Claimant[]> {
  const users = await ports.registry.usersOf(source)
  const found = await Promise.all(
    users.map(async (id): Promise<readonly Claimant[]> => {
      if (isSameId(id, target.id)) return []
      const user = await ports.registry.find(id)
      if (user?.type !== 'Kustomization' || user.record.deletionRequestedAt !== undefined) return []
      const status = await readStatus(ports.store, id)
      const isDone =
        isReady(status) &&
        status.lastAppliedRevision === revision &&
        status.observedGeneration === user.record.generation
      return isDone ? [] : [user]
    }),
  )
  return found.flat()
}

/** A Kustomization of this source that the build holds; once it is registered it is looked at by its own state. */
function claimantIn(object: KubeObject, cluster: string, source: ObjectId): readonly Claimant[] {
  if (object.kind !== 'Kustomization' || !isFluxObject(refOf(object))) return []
  const read = readFleetObject(object, cluster)
  const isOfSource =
    read.type === 'Kustomization' && isSameId(sourceIdOf(read.id, read.spec.sourceRef), source)
  return isOfSource ? [read] : []
}

/** Without what lies in the cluster; undefined where the build fails. */
async function buildPlainly(
  ports: Ports,
  cluster: ClusterSpec,
  tree: Tree,
  { build, path, postBuild }: KustomizationSpec,
): Promise<readonly KubeObject[] | undefined> {
  const built = await withRemotes(ports, cluster, (remotes) =>
    buildKustomization(tree, joinInRoot(path), build, {}, { remotes }),
  ).catch(() => undefined)
  const objects = built?.objects
  if (objects === undefined || postBuild === undefined) return objects
  const variables = new Map(Object.entries(postBuild.substitute))
  const { strategy, isCareful = false } = postBuild
  const options = { isStrict: false, strategy, isCareful }
  try {
    return substitute(objects, variables, options)
  } catch {
    return objects
  }
}

function isSameCluster(a: KustomizationSpec, b: KustomizationSpec): boolean {
  return JSON.stringify(a.kubeConfig) === JSON.stringify(b.kubeConfig)
}
