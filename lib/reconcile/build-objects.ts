import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { createTree, type Tree, type TreeFiles } from '../artifact/tree.ts'
import type { ClusterClient } from '../cluster/client.ts'
import type { ClusterSpec } from '../fleet/cluster.ts'
import { isFluxObject } from '../fleet/fleet-object.ts'
import { rootName } from '../fleet/sync.ts'
import { BuildError } from '../kustomize/build-error.ts'
import { buildKustomization } from '../kustomize/flux/build-kustomization.ts'
import { isOptedOut, postBuildFault, substitute } from '../kustomize/flux/substitute.ts'
import { printBuild } from '../kustomize/print-build.ts'
import { formatRef, type KubeObject, refOf } from '../manifest/object.ts'
import type { ReadySource } from './gate.ts'
import { isFluxComponent } from './inherit-inventory.ts'
import type { Ports } from './ports.ts'
import type { ConfigPorts } from './read-config.ts'
import { ReconcileError } from './reconcile-error.ts'
import type { KustomizationObject } from './run.ts'
import { readVariables } from './variables.ts'
import { withRemotes } from './with-remotes.ts'

/** What a Kustomization builds to, sorted by where it goes. */
export type Built = {
  /** For the cluster. */
  readonly objects: readonly KubeObject[]
  /** Objects of Flux's groups: for the fleet. */
  readonly fluxObjects: readonly KubeObject[]
  readonly warnings: readonly string[]
  /** `sha256:<hex>` of the text kustomize prints for them: the key of the history, as Flux's. */
  readonly digest: string
  /** Every file read and folder listed, so that an unchanged build can be told without building. */
  readonly reads: readonly string[]
  /** True where it read remote files or bases: the artifact alone does not say what it builds to. */
  readonly isFetched: boolean
}

/** The artifact's tree and the folder in it that a Kustomization points at. Throws where it is not there. */
export async function openFolder(
  artifacts: Ports['artifacts'],
  source: ReadySource,
  path: string,
): Promise<{ readonly tree: Tree; readonly folder: string }> {
  const files = await artifacts.open(source.artifact.digest)
  if (files === undefined) {
    const message = 'Source is not ready, artifact not found, retrying in 30s'
    throw new ReconcileError('ArtifactFailed', 'ArtifactMissing', message, { retryable: true })
  }
  const tree = treeOf(files)
  const folder = joinInRoot(path)
  if (tree.kindOf(folder) === undefined) {
    const message = `kustomization path not found: stat ${folder}: no such file or directory`
    throw new ReconcileError('ArtifactFailed', 'PathNotFound', message, { data: { path } })
  }
  return { tree, folder }
}

/** One tree for all that build from the same artifact: its folders are found once. */
function treeOf(files: TreeFiles): Tree {
  const known = trees.get(files)
  if (known !== undefined) return known
  const tree = createTree(files)
  trees.set(files, tree)
  return tree
}

const trees = new WeakMap<TreeFiles, Tree>()

/** Builds, substitutes and sorts. Throws BuildError, or ReconcileError where a variable's source is missing. */
export async function buildObjects(
  ports: ConfigPorts & Pick<Ports, 'buildWithRemotes'>,
  target: KustomizationObject,
  cluster: ClusterSpec,
  client: () => Promise<Pick<ClusterClient, 'find'>>,
  { tree, folder }: { readonly tree: Tree; readonly folder: string },
): Promise<Built> {
  const { spec, id } = target
  requireFolder(tree, folder)
  const result = await withRemotes(ports, cluster, (remotes) =>
    buildKustomization(tree, folder, spec.build, {}, { remotes }),
  ).catch((thrown: unknown) => {
    throw inWordsOfFlux(thrown)
  })
  const objects = await substituted(ports, target, client, result.objects)
  const isFlux = (object: KubeObject) => isFluxObject(refOf(object))
  const isLeftOut = (object: KubeObject) =>
    cluster.fluxComponents === 'skip' && !isFlux(object) && isFluxComponent(object)
  const fluxObjects = objects.filter(isFlux)
  const skipped = objects.filter(isLeftOut)
  requireNamespaces(fluxObjects, id.namespace)
  if (cluster.tenancy === 'locked') requireOwnNamespace(fluxObjects, id.namespace)
  return {
    objects: objects.filter((object) => !isFlux(object) && !isLeftOut(object)),
    fluxObjects,
    warnings: [...result.warnings, ...noticeOf(skipped)],
    digest: digestOf(objects),
    reads: result.reads,
    isFetched: result.isFetched,
  }
}

function noticeOf(skipped: readonly KubeObject[]): readonly string[] {
  if (skipped.length === 0) return []
  const first = skipped.slice(0, 3).map((object) => formatRef(refOf(object)))
  const rest = skipped.length > 3 ? ` and ${skipped.length - 3} more` : ''
  return [
    `Flux's own components are left out (${first.join(', ')}${rest}); the Cluster's flux: { components: apply } applies them`,
  ]
}

async function substituted(
  ports: ConfigPorts,
  { spec, id }: KustomizationObject,
  client: () => Promise<Pick<ClusterClient, 'find'>>,
  objects: readonly KubeObject[],
): Promise<readonly KubeObject[]> {
  const { postBuild } = spec
  if (postBuild === undefined) return objects
  // Flux reads them object by object: the first that is not opted out fails, and where there is none nothing is read.
  const first = objects.find((object) => !isOptedOut(object))
  if (first === undefined) return objects
  const cluster = postBuild.substituteFrom.length > 0 ? await client() : noCluster
  const variables = await readVariables(ports, cluster, id, postBuild).catch((thrown: unknown) => {
    throw thrown instanceof ReconcileError ? ofObject(first, thrown) : thrown
  })
  const { strategy, isCareful = false } = postBuild
  return substitute(objects, variables, { isStrict: true, strategy, isCareful })
}

function ofObject(object: KubeObject, fault: ReconcileError): ReconcileError {
  const { reason, code, message, data, retryable } = fault
  const details = { data, retryable, cause: fault }
  return new ReconcileError(reason, code, postBuildFault(object, message), details)
}

/** What Flux finds before kustomize has its turn. */
const beforeBuild = /^(failed to decode Kubernetes YAML from|component path) /

/** Faults of a build begin as Flux's do, so that who filters by them finds them. */
function inWordsOfFlux(thrown: unknown): unknown {
  if (!(thrown instanceof BuildError)) return thrown
  const { code, message, data, retryable } = thrown
  if (beforeBuild.test(message)) return thrown
  const details = { data, retryable, cause: thrown }
  return new BuildError(code, `kustomize build failed: ${message}`, details)
}

function requireFolder(tree: Tree, path: string): void {
  if (tree.kindOf(path) === 'folder') return
  const message = `open ${path}/kustomization.yaml: not a directory; spec.path names a file, give the folder it lies in`
  throw new BuildError('FolderNotFound', message)
}

const noCluster: Pick<ClusterClient, 'find'> = { find: async () => undefined }

/** Digest of the contents behind `reads`: equal digests, equal builds. */
export function inputDigest(tree: Tree, reads: readonly string[], settings: string): string {
  const hash = sha256.create()
  const add = (text: string) => hash.update(new TextEncoder().encode(`${text.length}:${text}`))
  add(settings)
  for (const path of reads) {
    add(path)
    if (path.endsWith('/') || path === '') {
      add(tree.list(path.replace(/\/$/, '')).join('\n'))
      continue
    }
    const bytes = tree.read(path)
    add(bytes === undefined ? '' : `${bytes.length}`)
    hash.update(bytes ?? new Uint8Array())
  }
  return `sha256:${bytesToHex(hash.digest())}`
}

function digestOf(objects: readonly KubeObject[]): string {
  return `sha256:${bytesToHex(sha256(new TextEncoder().encode(printBuild(objects))))}`
}

/** As a secure join does: `..` stops at the root. */
export function joinInRoot(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  return segments.join('/')
}

/**
 * No API server asks who registers what in the fleet. Where tenancy is locked, a tenant's build stays in its own
 * namespace: elsewhere it could put itself in the place of the root, which acts with all rights.
 */
function requireOwnNamespace(objects: readonly KubeObject[], own: string): void {
  if (own === rootName) return
  const ref = objects.map(refOf).find(({ namespace }) => namespace !== own)
  if (ref === undefined) return
  const message = `can't register '${formatRef(ref)}' from namespace ${own}: cross-namespace references have been blocked; move it to a Kustomization of namespace ${rootName}`
  throw new ReconcileError('AccessDenied', 'AccessDenied', message)
}

function requireNamespaces(objects: readonly KubeObject[], suggestion: string): void {
  for (const object of objects) {
    const ref = refOf(object)
    if (ref.namespace !== '') continue
    const message = `${formatRef(ref)} namespace not specified: give it a metadata.namespace such as ${suggestion}\n`
    throw new ReconcileError('ReconciliationFailed', 'NamespaceMissing', message)
  }
}
