import type { Tree } from '../artifact/tree.ts'
import { printYaml } from '../manifest/print.ts'
import { type BuildOptions, buildResources, openSession, toDocument } from './build.ts'
import { BuildError } from './build-error.ts'
import { loadKustomization } from './load/load-kustomization.ts'
import { openPlace } from './load/loader.ts'
import { currentId } from './resource/resource.ts'
import { clusterScope, formatId, type ResourceId } from './resource/resource-id.ts'

export type BuiltFiles = {
  /** File name → text. */
  readonly files: ReadonlyMap<string, string>
  readonly warnings: readonly string[]
}

/**
 * One file for each object, as `kustomize build -o FOLDER` writes them: `apps_v1_deployment_web.yaml`, with the namespace before
 * it where the objects are in several. Throws BuildError, also where a name would lead out of the folder.
 */
export function buildFiles(tree: Tree, path: string, options: BuildOptions = {}): BuiltFiles {
  const session = openSession(tree, options)
  const place = openPlace(session, path)
  const resources = buildResources(session, place, loadKustomization(session, place), options)
  const ids = resources.map((resource) => currentId(resource))
  const namespaces = new Set(ids.map(({ namespace }) => namespace))
  namespaces.delete(clusterScope)
  const named = resources.map((resource, index) => ({ resource, id: ids[index] }))
  const files = named.map(({ resource, id }): [string, string] => {
    const name = fileName(id ?? currentId(resource), namespaces.size > 1)
    return [name, printYaml(toDocument(resource, place))]
  })
  return { files: new Map(files), warnings: session.warnings }
}

function fileName(id: ResourceId, hasNamespaces: boolean): string {
  const { group, version, kind, namespace, name } = id
  const type = [group, version, kind].filter((part) => part !== '').join('_')
  const prefix = hasNamespaces && namespace !== clusterScope ? `${namespace}_` : ''
  const file = `${prefix}${type}_${name}.yaml`.toLowerCase()
  if (!/[/\\\0]/.test(file)) return file
  throw new BuildError(
    'PathInvalid',
    `${formatId(id)}: no file can be named after it; write all objects to one file`,
  )
}
