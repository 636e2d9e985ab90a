import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { withMetadata, withOwnerLabels } from '../apply/owner-labels.ts'
import { readFleetObject } from '../fleet/fleet-object.ts'
import type { KustomizationSpec } from '../fleet/kustomization.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import type { Inventory } from '../inventory/inventory.ts'
import { buildKustomization } from '../kustomize/flux/build-kustomization.ts'
import { substitute } from '../kustomize/flux/substitute.ts'
import { isKubeObject, type KubeObject } from '../manifest/object.ts'
import { createFolderTree } from '../runtime/folder-tree.ts'
import { type ConnectFlags, connect } from './connect.ts'
import { type CliContext, ExitError } from './context.ts'
import type { ScopeFlags } from './flags.ts'

/** A Kustomization of Flux as the command line works on it: from a file, or as a running Driftless has it. */
export type LocalKustomization = {
  readonly id: ObjectId
  readonly spec: KustomizationSpec
  /** What it owns already; empty where it comes from a file. */
  readonly inventory: Inventory
}

export type KustomizationFlags = ConnectFlags &
  ScopeFlags & {
    readonly kustomizationFile?: string
    readonly path: string
    readonly strictSubstitute: boolean
  }

export async function findKustomization(
  context: CliContext,
  name: string,
  flags: KustomizationFlags,
): Promise<LocalKustomization> {
  const { object, inventory } =
    flags.kustomizationFile === undefined
      ? await fromServer(context, name, flags)
      : await fromFile(context, flags.kustomizationFile, name)
  const read = readFleetObject(withNamespace(object, flags.namespace), flags.cluster ?? 'local')
  if (read.type === 'Kustomization') return { id: read.id, spec: read.spec, inventory }
  const faults = read.faults.map(({ field, message }) => `${field} ${message}`).join('; ')
  throw new ExitError(1, `Kustomization ${name} cannot be used: ${faults}`)
}

/** What the folder builds to under the Kustomization, with its owner's labels, as Flux would apply it. */
export async function buildFolder(
  context: CliContext,
  { id, spec }: LocalKustomization,
  flags: KustomizationFlags,
): Promise<{ readonly objects: readonly KubeObject[]; readonly warnings: readonly string[] }> {
  const folder = resolve(context.workingDirectory, flags.path)
  if (!existsSync(folder)) throw new ExitError(1, `--path ${flags.path}: there is no such folder`)
  const root = rootOf(folder)
  const built = buildKustomization(createFolderTree(root), relative(root, folder), spec.build)
  const { postBuild } = spec
  const objects =
    postBuild === undefined
      ? built.objects
      : substitute(built.objects, new Map(Object.entries(postBuild.substitute)), {
          isStrict: flags.strictSubstitute,
          strategy: postBuild.strategy,
          isCareful: postBuild.isCareful ?? false,
        })
  const owned = objects.map((object) =>
    withMetadata(withOwnerLabels(object, id), presentMetadata(spec)),
  )
  return { objects: owned, warnings: built.warnings }
}

function presentMetadata({ commonMetadata: { labels, annotations } }: KustomizationSpec) {
  return {
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  }
}

/** The repository's root, so that bases beside the folder are found; without a repository the folder itself. */
function rootOf(folder: string): string {
  for (let at = folder; at !== dirname(at); at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
  }
  return folder
}

type Found = { readonly object: KubeObject; readonly inventory: Inventory }

async function fromFile(
  { workingDirectory }: CliContext,
  file: string,
  name: string,
): Promise<Found> {
  const text = await readFile(resolve(workingDirectory, file), 'utf8').catch((thrown: unknown) => {
    throw new ExitError(1, `${file} cannot be read`, { cause: thrown })
  })
  const parsed = parseAllDocuments(text, { merge: true })
  const documents: unknown[] = Array.isArray(parsed)
    ? parsed.map((document) => document.toJS())
    : []
  const found = documents
    .filter(isKubeObject)
    .find(({ kind, metadata }) => kind === 'Kustomization' && metadata.name === name)
  if (found === undefined) throw new ExitError(1, `${file} holds no Kustomization '${name}'`)
  return { object: found, inventory: [] }
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
  return { object, inventory: detail?.inventory ?? [] }
}

function withNamespace(object: KubeObject, namespace: string): KubeObject {
  if (typeof object.metadata.namespace === 'string') return object
  return { ...object, metadata: { ...object.metadata, namespace } }
}
