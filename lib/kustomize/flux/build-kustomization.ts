import type { Tree } from '../../artifact/tree.ts'
import type { JsonObject } from '../../manifest/object.ts'
import {
  type BuildOptions,
  type BuildResult,
  buildLoaded,
  openSession,
  withObjects,
} from '../build.ts'
import { BuildError } from '../build-error.ts'
import { readRewrittenKustomization } from '../file/read-file.ts'
import { findKustomizationData, type LoadedKustomization } from '../load/load-kustomization.ts'
import { cleanPath, openPlace, type Place } from '../load/loader.ts'
import { isRemote, type Remotes } from '../remote.ts'
import { createSchemaSource } from '../schema/schema.ts'
import type { Session } from '../session.ts'
import { generateKustomization, type IsIgnored } from './generate.ts'
import { mergeSpec } from './merge-spec.ts'
import { readObjects } from './read-objects.ts'

/** What of a Kustomization's spec has a say in what its kustomization file builds to. */
export type KustomizationBuildSpec = {
  readonly targetNamespace?: string
  readonly namePrefix?: string
  readonly nameSuffix?: string
  /** As written: `patch` and `target`. */
  readonly patches?: readonly JsonObject[]
  /** As written: `name`, `newName`, `newTag`, `digest`. */
  readonly images?: readonly JsonObject[]
  readonly components?: readonly string[]
  readonly ignoreMissingComponents?: boolean
  readonly buildMetadata?: readonly string[]
}

/** What lies around a build. */
export type BuildSurroundings = {
  readonly remotes?: Remotes | undefined
  /** Leaves manifests, and entries of the kustomization file, out of the build; asked by their path in the folder. */
  readonly isIgnored?: IsIgnored | undefined
}

/**
 * Builds a folder as Flux's kustomize-controller does: a missing kustomization file is made up, the spec is merged into it, files may
 * be read from the whole tree and from nowhere else, and objects keep their load order. Throws BuildError.
 * Source: fluxcd/pkg/kustomize.
 */
export function buildKustomization(
  tree: Tree,
  path: string,
  spec: KustomizationBuildSpec,
  limits: BuildOptions['limits'] = {},
  { remotes, isIgnored }: BuildSurroundings = {},
): BuildResult {
  const options: BuildOptions = {
    reorder: 'none',
    loadRestrictor: 'none',
    limits,
    ...(remotes === undefined ? {} : { remotes }),
  }
  const schema = createSchemaSource(true)
  const session: Session = { ...openSession(tree, options), schema, scope: schema }
  const place = openPlace(session, path)
  const { file, fileName } = loadOrGenerate(session, place, isIgnored)
  const merged = mergeSpec(session, place, file, spec)
  refuseEmpty(merged, fileName)
  const built = buildLoaded(session, place, { file: merged, fileName }, options)
  const warnings = [...built.warnings]
  const documents = readObjects(built.documents, (warning) => warnings.push(warning))
  return withObjects({ ...built, documents, warnings })
}

/** Only what is ignored can leave nothing at all. */
function refuseEmpty({ kind: _, ...fields }: LoadedKustomization['file'], fileName: string): void {
  const isNothing = (value: unknown): boolean =>
    typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : !value
  if (!Object.values(fields).every(isNothing)) return
  throw new BuildError(
    'InvalidKustomizationFile',
    `${fileName}: all that it lists is ignored; leave something`,
  )
}

function loadOrGenerate(
  session: Session,
  place: Place,
  isIgnored: IsIgnored = () => false,
): LoadedKustomization {
  const data = findKustomizationData(session, place)
  if (data === undefined) {
    const file = generateKustomization(session, place, isIgnored)
    return { file: withoutIgnored(session, place, file, isIgnored), fileName: 'kustomization.yaml' }
  }
  const read = readRewrittenKustomization(data.value, data.path, session.warnings, data.text)
  const file = withForcedMetadata(read, data.value)
  return { file: withoutIgnored(session, place, file, isIgnored), fileName: data.fileName }
}

/** Flux's command line leaves ignored entries of these three fields out, whoever wrote them. */
function withoutIgnored(
  session: Session,
  place: Place,
  file: LoadedKustomization['file'],
  isIgnored: IsIgnored,
): LoadedKustomization['file'] {
  const isKept = (entry: string): boolean => {
    const path = isRemote(entry) ? undefined : cleanPath(entry)
    if (path === undefined) return true
    const isFolder = session.tree.kindOf(`${place.folder}/${path}`.replace(/^\//, '')) === 'folder'
    return !isIgnored(path, isFolder)
  }
  return {
    ...file,
    resources: file.resources.filter(isKept),
    components: file.components.filter(isKept),
    crds: file.crds.filter(isKept),
  }
}

/** Flux asks for the origin of objects wherever a file lists no resources itself. */
function withForcedMetadata(
  file: LoadedKustomization['file'],
  value: unknown,
): LoadedKustomization['file'] {
  const resources =
    typeof value === 'object' && value !== null && 'resources' in value ? value.resources : null
  const hasResources = Array.isArray(resources) && resources.length > 0
  return hasResources ? file : { ...file, buildMetadata: ['originAnnotations'] }
}
