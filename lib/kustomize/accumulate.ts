import { type Accumulator, createAccumulator, mergeAccumulator, mergeVars } from './accumulator.ts'
import { BuildError } from './build-error.ts'
import { loadConfigurations } from './config/configurations.ts'
import { loadCrds } from './config/crds.ts'
import { mergeConfig } from './config/transformer-config.ts'
import type { KustomizationFile } from './file/kustomization-file.ts'
import { loadKustomization } from './load/load-kustomization.ts'
import { at, cleanPath, enterPlace, loadText, type Place } from './load/loader.ts'
import { readResources } from './load/read-resources.ts'
import { isRemoteMissing } from './remote.ts'
import { isWebUrl, parseRepoSpec } from './repo-spec.ts'
import { appendPath, joinDisplayPath, setFileOrigin } from './resource/origin.ts'
import type { Resource } from './resource/resource.ts'
import { runGenerators } from './run-generators.ts'
import { runTransformers } from './run-transformers.ts'
import { runValidators } from './run-validators.ts'
import type { Target } from './target.ts'

/**
 * Gathers the resources of a kustomization in the order of kustomize: resources, configurations, generators, components,
 * transformers, validators, vars. A component goes on with the accumulator of its parent.
 */
export function accumulate(target: Target, accumulator: Accumulator): Accumulator {
  const { session, place, file } = target
  accumulateResources(target, file.resources, accumulator)
  accumulator.config = mergeConfig(
    accumulator.config,
    loadConfigurations(session, place, file.configurations),
  )
  accumulator.config = mergeConfig(accumulator.config, loadCrds(session, place, file.crds))
  runGenerators(target, accumulator)
  const gathered = accumulateComponents(target, accumulator)
  runTransformers(target, gathered)
  runValidators(target, gathered)
  mergeVars(gathered, file.vars)
  return gathered
}

/** Reads each path as a file of resources, and where that fails as the folder of another kustomization. */
export function accumulateResources(
  target: Target,
  paths: readonly string[],
  accumulator: Accumulator,
): void {
  forEachPath(paths, (path) => {
    const fault = tryFile(target, path, accumulator)
    if (fault !== undefined) accumulateBase(target, path, fault, accumulator)
  })
}

/** What is not fetched yet does not keep the others from being asked for: each run of a build costs more than a fetch. */
function forEachPath(paths: readonly string[], accumulatePath: (path: string) => void): void {
  const missing: unknown[] = []
  for (const path of paths) {
    try {
      accumulatePath(path)
    } catch (fault) {
      if (!isRemoteMissing(fault)) throw missing[0] ?? fault
      missing.push(fault)
    }
  }
  if (missing.length > 0) throw missing[0]
}

function tryFile(target: Target, path: string, accumulator: Accumulator): unknown {
  try {
    accumulateFile(target, path, accumulator)
    return undefined
  } catch (fault) {
    return fault
  }
}

function accumulateFile(target: Target, path: string, accumulator: Accumulator): void {
  const { origin, place } = target
  const resources = readFile(target, path)
  for (const resource of resources) {
    if (origin !== undefined) setFileOrigin(resource, appendPath(origin, path))
    namingConflict(`${at(place)}${path}`, () => accumulator.list.append(resource))
  }
}

/** A resource that is there twice is told with where the second one comes from. */
function namingConflict(where: string, add: () => void): void {
  try {
    add()
  } catch (fault) {
    if (!(fault instanceof BuildError) || fault.code !== 'ResourceConflict') throw fault
    const details = { cause: fault, data: fault.data }
    throw new BuildError(fault.code, `${where}: ${fault.message}`, details)
  }
}

function readFile({ session, place }: Target, path: string): readonly Resource[] {
  const file = joinDisplayPath(place.folder, path)
  const parsed = session.parsed.get(file)
  if (parsed !== undefined) {
    session.parsed.delete(file)
    return parsed
  }
  const text = loadText(session, place, path)
  return readResources(text, `${at(place)}${path}`, session)
}

function accumulateBase(
  target: Target,
  path: string,
  fileFault: unknown,
  accumulator: Accumulator,
): void {
  const { session, place } = target
  if (isFinal(fileFault, path)) throw fileFault
  const cleaned = cleanPath(pathOf(place, path))
  if (cleaned !== undefined && session.tree.kindOf(cleaned) === 'file') throw fileFault
  let entered: Place
  try {
    entered = enterPlace(session, place, path)
  } catch (fault) {
    throw isMissing(fault) ? notFound(target, path, fileFault) : fault
  }
  const below = accumulateFolder(target, entered, path, undefined)
  namingConflict(`${at(place)}'${path}'`, () => mergeAccumulator(accumulator, below))
}

/** Nothing else can be at this path. */
function isFinal(fault: unknown, path: string): boolean {
  if (isRemoteMissing(fault)) return true
  if (fault instanceof BuildError && fault.code === 'RemoteNotAllowed') return true
  return isWebUrl(path) && parseRepoSpec(path) === undefined
}

function pathOf(place: Place, path: string): string {
  return joinDisplayPath(place.folder, path)
}

function isMissing(fault: unknown): boolean {
  return fault instanceof BuildError && fault.code === 'FolderNotFound'
}

const nothing: ReadonlySet<string> = new Set(['FileNotFound', 'PathOutsideRoot'])

function notFound({ place }: Target, path: string, fileFault: unknown): unknown {
  // A path that leads out is a fault of its own only where something stands there.
  const isNothing = fileFault instanceof BuildError && nothing.has(fileFault.code)
  if (!isNothing) return fileFault
  return new BuildError(
    'FileNotFound',
    `${at(place)}there is neither a file nor a folder '${path}'; correct the entry in the kustomization file`,
    { cause: fileFault, data: { file: path } },
  )
}

/** Runs components one after the other on what the parent has gathered. */
function accumulateComponents(target: Target, accumulator: Accumulator): Accumulator {
  let gathered = accumulator
  forEachPath(target.file.components, (path) => {
    const entered = enterPlace(target.session, target.place, path)
    const merged = createAccumulator()
    mergeAccumulator(merged, accumulateFolder(target, entered, path, gathered))
    gathered = merged
  })
  return gathered
}

/** Builds the kustomization of a folder; `parent` is what a component works on, undefined for a base. */
function accumulateFolder(
  target: Target,
  place: Place,
  path: string,
  parent: Accumulator | undefined,
): Accumulator {
  const { session, origin } = target
  const { file, fileName } = loadKustomization(session, place)
  session.schema.setFor(session, place, file.openapi, false)
  checkKind(place, file, parent !== undefined)
  const below = origin === undefined ? undefined : appendPath(origin, path)
  const child: Target = {
    session,
    place,
    file,
    fileName,
    origin: below,
    gather: accumulateResources,
  }
  return accumulate(child, parent ?? createAccumulator())
}

function checkKind(place: Place, file: KustomizationFile, isComponent: boolean): void {
  if (isComponent === (file.kind === 'Component')) return
  throw new BuildError(
    'ComponentKind',
    isComponent
      ? `${at(place)}kind is '${file.kind}' but the folder is listed under components; set kind to Component`
      : `${at(place)}kind is Component; list the folder under components instead of resources`,
  )
}
