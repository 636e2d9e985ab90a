import { createTree, type Tree } from '../artifact/tree.ts'
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
import type { Ports } from './ports.ts'
import type { KustomizationObject, Run } from './run.ts'
import { readStatus } from './status-writer.ts'
import { withRemotes } from './with-remotes.ts'

export type Claims = {
  readonly isClaimed: (ref: ObjectRef) => boolean
  /** False where too many are yet to be looked at: whatever they may hold must stay for now. */
  readonly isComplete: boolean
}

/** So many builds are worth one prune; with more to come, it waits until most of them had their turn. */
const maxBuilds = 64

type Claimant = { readonly id: ObjectId; readonly spec: KustomizationSpec }

/**
 * What other Kustomizations of the same source are about to own at its present revision, and have not applied yet: an
 * object that moves from one to another in a commit is not deleted by the one that is looked at first. Those that a
 * parent is only about to register count too.
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
  if (files === undefined) return { isClaimed: () => false, isComplete: waiting.length === 0 }
  const tree = createTree(files)
  const seen = new Set([formatId(target.id)])
  const claimed = new Set<string>()
  let builds = 0
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const key = formatId(next.id)
    if (seen.has(key)) continue
    if (builds === maxBuilds) return { isClaimed: () => true, isComplete: false }
    seen.add(key)
    builds += 1
    const objects = await buildPlainly(ports, cluster, tree, next.spec)
    for (const object of objects) {
      const ref = refOf(object)
      // What lies in another cluster is another object, whatever its name.
      if (isSameCluster(next.spec, target.spec) || isFluxObject(ref)) claimed.add(inventoryId(ref))
      waiting.push(...claimantIn(object, next.id.cluster, sourceId))
    }
  }
  return { isClaimed: (ref) => claimed.has(inventoryId(ref)), isComplete: true }
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

/** Without what lies in the cluster; a build that fails claims nothing, because it can apply nothing. */
async function buildPlainly(
  ports: Ports,
  cluster: ClusterSpec,
  tree: Tree,
  { build, path, postBuild }: KustomizationSpec,
): Promise<readonly KubeObject[]> {
  const built = await withRemotes(ports, cluster, (remotes) =>
    buildKustomization(tree, joinInRoot(path), build, {}, { remotes }),
  ).catch(() => undefined)
  const objects = built?.objects ?? []
  if (postBuild === undefined) return objects
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
