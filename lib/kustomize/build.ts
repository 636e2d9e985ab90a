import type { Tree } from '../artifact/tree.ts'
import { defaultReadLimits, type ReadLimits } from '../manifest/limits.ts'
import { nodeToJson } from '../manifest/node-json.ts'
import { isJsonObject, isKubeObject, type JsonObject, type KubeObject } from '../manifest/object.ts'
import { messageOf } from '../status/error.ts'
import { accumulate, accumulateResources } from './accumulate.ts'
import { type Accumulator, createAccumulator } from './accumulator.ts'
import { BuildError } from './build-error.ts'
import { dropLocal } from './drop-local.ts'
import type { KustomizationFile } from './file/kustomization-file.ts'
import { type LoadedKustomization, loadKustomization } from './load/load-kustomization.ts'
import { at, openPlace, type Place } from './load/loader.ts'
import { createMountedTree } from './load/mounted-tree.ts'
import type { Remotes } from './remote.ts'
import { bookkeepingAnnotations, cleanAnnotations } from './resource/bookkeeping.ts'
import { originAnnotation, transformationsAnnotation } from './resource/origin.ts'
import { currentId, type Resource } from './resource/resource.ts'
import { formatId } from './resource/resource-id.ts'
import { type ResourceList, refuseConflicts } from './resource/resource-list.ts'
import { createSchemaSource } from './schema/schema.ts'
import type { BuildLimits, Session } from './session.ts'
import type { Target } from './target.ts'
import { appendHashes } from './transform/hash.ts'
import { metadataLabels, setLabels } from './transform/labels.ts'
import { fixNameReferences } from './transform/name-references.ts'
import { applySortOptions, sortLegacy } from './transform/order.ts'
import { expandVars } from './transform/vars.ts'

export type BuildOptions = {
  /** `legacy`, the default, sorts by kind as the command line does; `none` keeps the load order as Flux does. */
  readonly reorder?: 'legacy' | 'none'
  /** `rootOnly`, the default, refuses files outside the folder of the kustomization file that names them. */
  readonly loadRestrictor?: 'rootOnly' | 'none'
  /** Any of them; the rest stay as they are. */
  readonly limits?: SomeLimits
  /** Where the root of the tree lies; without it absolute paths are refused. */
  readonly absoluteRoot?: string
  /** What remote files and bases stand for; without it they are refused. */
  readonly remotes?: Remotes
  /** Adds the label that says who built it, as `buildMetadata: [managedByLabel]` does. */
  readonly addManagedByLabel?: boolean
}

/** Bounds that are to be others. */
export type SomeLimits = Partial<Omit<BuildLimits, 'yaml'>> & {
  readonly yaml?: Partial<ReadLimits>
}

export type BuildResult = Documents & { readonly objects: readonly KubeObject[] }

/** What a build prints. */
export type Documents = {
  readonly documents: readonly JsonObject[]
  readonly warnings: readonly string[]
  /** Every file looked for, also those that were not there: while none changes, neither does the result. */
  readonly reads: readonly string[]
}

const defaultBuildLimits: BuildLimits = {
  maxDepth: 200,
  maxKustomizations: 5_000,
  maxFileBytes: 32 * 1024 * 1024,
  maxTotalBytes: 256 * 1024 * 1024,
  yaml: defaultReadLimits,
}

/**
 * Builds the kustomization in a folder of a tree, as `kustomize build` 5.8.1 does. Pure: it reads nothing but the tree, and
 * equal trees give equal results. Throws BuildError.
 */
export function build(tree: Tree, path: string, options: BuildOptions = {}): BuildResult {
  const built = buildDocuments(tree, path, options)
  return withObjects(built)
}

/** The documents as objects that a cluster can take; throws where one lacks what every object has. */
export function withObjects(built: Documents): BuildResult {
  return { ...built, objects: built.documents.map(toKubeObject) }
}

/** The same, for documents that are only printed: kustomize lets pass what no cluster would take, such as a missing apiVersion. */
export function buildDocuments(tree: Tree, path: string, options: BuildOptions = {}): Documents {
  const session = openSession(tree, options)
  const place = openPlace(session, path)
  return buildLoaded(session, place, loadKustomization(session, place), options)
}

/** Without fields that are undefined: a bound that is none would let everything pass. */
function present(limits: SomeLimits | SomeLimits['yaml'] = {}): object {
  return Object.fromEntries(Object.entries(limits).filter(([, bound]) => bound !== undefined))
}

/** Builds from a kustomization file that is already read. */
export function buildLoaded(
  session: Session,
  place: Place,
  loaded: LoadedKustomization,
  options: BuildOptions,
): Documents {
  const resources = buildResources(session, place, loaded, options)
  return {
    documents: resources.map((resource) => toDocument(resource, place)),
    warnings: session.warnings,
    reads: [...session.reads],
  }
}

/** The finished resources, each to be turned into its document once. */
export function buildResources(
  session: Session,
  place: Place,
  { file, fileName }: LoadedKustomization,
  options: BuildOptions,
): readonly Resource[] {
  session.schema.setFor(session, place, file.openapi, true)
  const origin = file.buildMetadata.length === 0 ? undefined : { path: '' }
  const gather = accumulateResources
  const target: Target = { session, place, file, fileName, origin, gather }
  const accumulator = accumulate(target, createAccumulator())
  finish(accumulator, file, options)
  return accumulator.list.items()
}

export function openSession(tree: Tree, options: BuildOptions): Session {
  const schema = createSchemaSource()
  const limits = {
    ...defaultBuildLimits,
    ...present(options.limits),
    yaml: { ...defaultReadLimits, ...present(options.limits?.yaml) },
  }
  return {
    tree: createMountedTree(tree),
    remotes: options.remotes,
    limits,
    nodeBudget: { left: limits.yaml.maxNodes },
    loadRestrictor: options.loadRestrictor ?? 'rootOnly',
    absoluteRoot: options.absoluteRoot,
    reads: new Set(),
    parsed: new Map(),
    warnings: [],
    scope: schema,
    schema,
    entered: 0,
    bytes: 0,
  }
}

/** What is done once, when all layers are there. */
function finish(
  { list, config, vars }: Accumulator,
  file: KustomizationFile,
  options: BuildOptions,
): void {
  appendHashes(list)
  fixNameReferences(list, config.nameReference)
  expandVars(list, [...vars.values()], config.varReference)
  const hasTwins = dropLocal(list)
  sort(list, file, options, hasTwins)
  const wants = (name: string): boolean => file.buildMetadata.includes(name)
  if (options.addManagedByLabel === true || wants('managedByLabel')) {
    setLabels(list, managedBy, [metadataLabels])
  }
  const dropped = new Set(bookkeepingAnnotations)
  if (!wants('originAnnotations')) dropped.add(originAnnotation)
  if (!wants('transformerAnnotations')) dropped.add(transformationsAnnotation)
  for (const { node } of list.items()) if (node !== undefined) cleanAnnotations(node, dropped)
}

function sort(
  list: ResourceList,
  { sortOptions }: KustomizationFile,
  options: BuildOptions,
  hasTwins: boolean,
): void {
  const order = sortOptions?.order ?? (options.reorder === 'none' ? 'none' : 'legacy')
  if (order === 'legacy' && hasTwins) refuseConflicts(list)
  if (sortOptions !== undefined) applySortOptions(list, sortOptions)
  else if (order === 'legacy') sortLegacy(list)
}

const managedBy = new Map([['app.kubernetes.io/managed-by', 'kustomize-v5.8.1']])

/** The data of a finished resource, whose tree is given up. */
export function toDocument(resource: Resource, place: Place): JsonObject {
  try {
    const document = resource.node === undefined ? {} : nodeToJson(resource.node)
    // The tree is several times the size of the data, and nobody needs it any more.
    resource.node = undefined
    return isJsonObject(document) ? document : {}
  } catch (cause) {
    const id = formatId(currentId(resource))
    throw new BuildError('Unprintable', `${at(place)}${id}: ${messageOf(cause)}`, { cause })
  }
}

function toKubeObject(document: JsonObject): KubeObject {
  if (isKubeObject(document)) return document
  const { kind, metadata } = document
  const name = isJsonObject(metadata) ? metadata.name : undefined
  throw new BuildError(
    'InvalidResource',
    `${String(kind)} '${String(name)}': apiVersion, kind and metadata.name are required and have to be strings`,
  )
}
