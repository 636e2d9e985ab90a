import type { Tree } from '../../artifact/tree.ts'
import type { JsonObject } from '../../manifest/object.ts'
import {
  type BuildOptions,
  type BuildResult,
  buildLoaded,
  openSession,
  withObjects,
} from '../build.ts'
import { readRewrittenKustomization } from '../file/read-file.ts'
import { findKustomizationData, type LoadedKustomization } from '../load-kustomization.ts'
import { openPlace, type Place } from '../loader.ts'
import type { Remotes } from '../remote.ts'
import { createSchemaSource } from '../schema.ts'
import type { Session } from '../session.ts'
import { generateKustomization } from './generate.ts'
import { mergeSpec } from './merge-spec.ts'

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
  remotes?: Remotes,
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
  const { file, fileName } = loadOrGenerate(session, place)
  const merged = mergeSpec(session, place, file, spec)
  return withObjects(buildLoaded(session, place, { file: merged, fileName }, options))
}

function loadOrGenerate(session: Session, place: Place): LoadedKustomization {
  const data = findKustomizationData(session, place)
  if (data === undefined) {
    return { file: generateKustomization(session, place), fileName: 'kustomization.yaml' }
  }
  const file = readRewrittenKustomization(data.value, data.path, session.warnings)
  return { file: withForcedMetadata(file, data.value), fileName: data.fileName }
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
