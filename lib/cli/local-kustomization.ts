import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { liftedBy } from '../apply/prune-guards.ts'
import type { Tree } from '../artifact/tree.ts'
import { type FleetObject, readFleetObject } from '../fleet/fleet-object.ts'
import type { KustomizationSpec } from '../fleet/kustomization.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import type { PruneGuard } from '../fleet/prune-guard.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { buildKustomization } from '../kustomize/flux/build-kustomization.ts'
import type { IsIgnored } from '../kustomize/flux/generate.ts'
import { substitute } from '../kustomize/flux/substitute.ts'
import type { Remotes } from '../kustomize/remote.ts'
import { isJsonObject, isKubeObject, type KubeObject } from '../manifest/object.ts'
import { createFolderTree } from '../runtime/folder-tree.ts'
import { rootOf } from './build/build-folder.ts'
import { withFluxMetadata } from './build/flux-metadata.ts'
import { createFolderIgnore } from './build/folder-ignore.ts'
import { mayFetch, type RemoteFlags } from './build/may-fetch.ts'
import { type ConnectFlags, connect } from './connect.ts'
import { type CliContext, ExitError } from './context.ts'
import type { ScopeFlags } from './flags.ts'

/** A Kustomization of Flux as the command line works on it: from a file, or as a running Driftless has it. */
export type LocalKustomization = {
  readonly id: ObjectId
  readonly spec: KustomizationSpec
  /** Its namespace stands in the file; where it does not, flux's own build leaves the owner's label empty. */
  readonly hasNamespace: boolean
  /** What it owns already; empty where it comes from a file. */
  readonly inventory: Inventory
  /** Guards of pruning that its annotation lifts. */
  readonly lifted: readonly PruneGuard[]
  /** What it builds from, where the file or the running Driftless holds that too. */
  readonly source?: FleetObject
}

export type KustomizationFlags = ConnectFlags &
  ScopeFlags &
  RemoteFlags & {
    readonly kustomizationFile?: string
    readonly path: string
    readonly strictSubstitute: boolean
    /** Rules of gitignore; without them not even `.sourceignore` files are read. */
    readonly ignorePaths?: readonly string[]
  }

export async function findKustomization(
  context: CliContext,
  name: string,
  flags: KustomizationFlags,
): Promise<LocalKustomization> {
  const { object, inventory, sourceOf } =
    flags.kustomizationFile === undefined
      ? await fromServer(context, name, flags)
      : await fromFile(context, flags.kustomizationFile, { name, namespace: flags.namespace })
  const read = readFleetObject(withNamespace(object, flags.namespace), flags.cluster ?? 'local')
  if (read.type === 'Kustomization') {
    const { kind, name: sourceName, namespace = read.id.namespace } = read.spec.sourceRef
    const source = await sourceOf({ ...read.id, kind, namespace, name: sourceName })
    const known = source === undefined ? {} : { source: readFleetObject(source, read.id.cluster) }
    const hasNamespace = object.metadata.namespace !== undefined
    const lifted = liftedBy(object)
    return { id: read.id, spec: read.spec, hasNamespace, inventory, lifted, ...known }
  }
  const faults = read.faults.map(({ field, message }) => `${field} ${message}`).join('; ')
  throw new ExitError(1, `Kustomization ${name} cannot be used: ${faults}`)
}

/** What the folder builds to under the Kustomization, with its owner's labels, as Flux would apply it. */
export async function buildFolder(
  context: CliContext,
  { id, spec }: LocalKustomization,
  flags: KustomizationFlags,
): Promise<{ readonly objects: readonly KubeObject[]; readonly warnings: readonly string[] }> {
  const folder = openFolder(context, flags.path)
  const { ignorePaths } = flags
  const isIgnored =
    ignorePaths === undefined
      ? undefined
      : createFolderIgnore(folder.tree, folder.path, ignorePaths)
  const variables = new Map(Object.entries(spec.postBuild?.substitute ?? {}))
  return mayFetch(flags, (remotes) =>
    buildTree({ ...folder, isIgnored, remotes }, { id, spec }, variables, flags.strictSubstitute),
  )
}

/** A folder in the tree of all that it may reach. */
export type FolderInTree = {
  readonly tree: Tree
  readonly path: string
  readonly isIgnored?: IsIgnored | undefined
  readonly remotes?: Remotes | undefined
}

export function openFolder({ workingDirectory }: CliContext, path: string): FolderInTree {
  const folder = resolve(workingDirectory, path)
  if (!existsSync(folder)) throw new ExitError(1, `--path ${path}: there is no such folder`)
  const root = rootOf(folder, workingDirectory)
  return { tree: createFolderTree(root), path: relative(root, folder) }
}

export function buildTree(
  { tree, path, ...surroundings }: FolderInTree,
  { id, spec }: Pick<LocalKustomization, 'id' | 'spec'>,
  variables: ReadonlyMap<string, string>,
  isStrict: boolean,
): { readonly objects: readonly KubeObject[]; readonly warnings: readonly string[] } {
  const built = buildKustomization(tree, path, spec.build, {}, surroundings)
  const { postBuild } = spec
  const objects =
    postBuild === undefined
      ? built.objects
      : substitute(built.objects, variables, {
          isStrict,
          strategy: postBuild.strategy,
          isCareful: postBuild.isCareful ?? false,
        })
  const owned = objects.map((object) => withFluxMetadata(object, id, spec.commonMetadata))
  return { objects: owned, warnings: built.warnings }
}

type Found = {
  readonly object: KubeObject
  readonly inventory: Inventory
  readonly sourceOf: (id: ObjectId) => Promise<KubeObject | undefined>
}

async function fromFile(
  { workingDirectory }: CliContext,
  file: string,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<Found> {
  const text = await readFile(resolve(workingDirectory, file), 'utf8').catch((thrown: unknown) => {
    throw new ExitError(1, `${file} cannot be read`, { cause: thrown })
  })
  const parsed = parseAllDocuments(text, { merge: true })
  const documents: unknown[] = Array.isArray(parsed)
    ? parsed.map((document) => document.toJS())
    : []
  const objects = documents.filter(isKubeObject)
  const find = (wanted: string, called: string, inNamespace: string) => {
    const same = objects.filter(
      ({ apiVersion, kind, metadata }) =>
        kind === wanted && metadata.name === called && !apiVersion.startsWith(kustomizeFile),
    )
    const [first, another] = same
    const exact = same.find(
      ({ metadata: { namespace = inNamespace } }) => namespace === inNamespace,
    )
    return exact ?? (another === undefined ? first : undefined)
  }
  const found = find('Kustomization', name, namespace)
  if (found === undefined) {
    throw new ExitError(1, `${file} holds no Kustomization '${name}' of namespace '${namespace}'`)
  }
  const sourceOf = async (id: ObjectId) => {
    const source = find(id.kind, id.name, id.namespace)
    return source && withNamespace(source, id.namespace)
  }
  return { object: withDefaults(found), inventory: [], sourceOf }
}

/** The group of what kustomize reads, which is no Kustomization of Flux. */
const kustomizeFile = 'kustomize.config.k8s.io/'

/** What a cluster would insist on, and a parent's patches may add there, has no part in a build. */
function withDefaults(object: KubeObject): KubeObject {
  const { spec } = object
  const sourceRef = { kind: 'GitRepository', name: 'flux-system' }
  const own = isJsonObject(spec) ? spec : {}
  return { ...object, spec: { interval: '10m', prune: false, sourceRef, ...own } }
}

async function fromServer(
  context: CliContext,
  name: string,
  flags: KustomizationFlags,
): Promise<Found> {
  const { operations } = await connect(context, flags)
  const { namespace, cluster } = flags
  const scope = { kind: 'Kustomization', namespace, ...(cluster === undefined ? {} : { cluster }) }
  const [found, another] = (await operations.objects(scope)).filter(
    (object) => object.name === name,
  )
  if (found === undefined) {
    throw new ExitError(
      1,
      `Kustomization object '${name}' not found in "${namespace}" namespace; or name a --kustomization-file`,
    )
  }
  if (another !== undefined)
    throw new ExitError(1, `Kustomization '${name}' is in several clusters; name one with -c`)
  const detail = await operations.object(found)
  const object = {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: { name, namespace },
    spec: detail?.spec ?? {},
  }
  const sourceOf = async (id: ObjectId) => {
    const source = await operations.object({ ...id, cluster: found.cluster })
    if (source === undefined) return undefined
    const { apiVersion, kind, spec } = source
    return { apiVersion, kind, metadata: { name: id.name, namespace: id.namespace }, spec }
  }
  return { object, inventory: detail?.inventory ?? [], sourceOf }
}

function withNamespace(object: KubeObject, namespace: string): KubeObject {
  if (typeof object.metadata.namespace === 'string') return object
  return { ...object, metadata: { ...object.metadata, namespace } }
}
