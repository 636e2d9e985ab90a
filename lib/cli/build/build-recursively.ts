import { join } from 'node:path'
import { readFleetObject } from '../../fleet/fleet-object.ts'
import { formatId } from '../../fleet/object-id.ts'
import type { KubeObject } from '../../manifest/object.ts'
import { type CliContext, ExitError } from '../context.ts'
import {
  buildFolder,
  type KustomizationFlags,
  type LocalKustomization,
} from '../local-kustomization.ts'

export type RecursiveFlags = KustomizationFlags & {
  readonly recursive: boolean
  /** `Kind/namespace/name` → folder. */
  readonly localSources?: ReadonlyMap<string, string>
}

export type BuiltObjects = {
  readonly objects: readonly KubeObject[]
  readonly warnings: readonly string[]
}

/** What a Kustomization builds to, and with `--recursive` behind it what the Kustomizations among that build to. */
export async function buildRecursively(
  context: CliContext,
  kustomization: LocalKustomization,
  flags: RecursiveFlags,
  parents: readonly string[] = [],
): Promise<BuiltObjects> {
  const { objects, warnings } = await buildFolder(context, kustomization, flags)
  if (!flags.recursive) return { objects, warnings }
  const visited = [...parents, formatId(kustomization.id)]
  const below: BuiltObjects[] = []
  for (const object of objects.filter(isKustomization)) {
    const child = readChild(object, kustomization)
    if (visited.includes(formatId(child.id))) continue
    const path = localPath(child, flags)
    below.push(await buildRecursively(context, child, { ...flags, path }, visited))
  }
  return {
    objects: [...objects, ...below.flatMap((built) => built.objects)],
    warnings: [...warnings, ...below.flatMap((built) => built.warnings)],
  }
}

function isKustomization({ kind, apiVersion }: KubeObject): boolean {
  return kind === 'Kustomization' && apiVersion.startsWith('kustomize.toolkit.fluxcd.io/')
}

function readChild(object: KubeObject, parent: LocalKustomization): LocalKustomization {
  const read = readFleetObject(object, parent.id.cluster)
  if (read.type === 'Kustomization') {
    return { id: read.id, spec: read.spec, hasNamespace: true, inventory: [], lifted: [] }
  }
  const faults = read.faults.map(({ field, message }) => `${field} ${message}`).join('; ')
  throw new ExitError(1, `Kustomization ${object.metadata.name} cannot be used: ${faults}`)
}

function localPath({ id, spec }: LocalKustomization, { localSources }: RecursiveFlags): string {
  const { kind, name, namespace = id.namespace } = spec.sourceRef
  const source = `${kind}/${namespace}/${name}`
  const folder = localSources?.get(source)
  if (folder !== undefined) return join(folder, spec.path)
  throw new ExitError(
    1,
    `Kustomization ${id.name} builds from ${source}; say where it lies: --local-sources ${source}=FOLDER`,
  )
}
