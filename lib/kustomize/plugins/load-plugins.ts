import { createAccumulator } from '../accumulator.ts'
import { readInlineResources } from '../load/inline-resources.ts'
import { joinDisplayPath, type Origin, setOrigin } from '../resource/origin.ts'
import type { Resource } from '../resource/resource.ts'
import type { Target } from '../target.ts'

/** The origin of what a field of the kustomization file makes or changes. */
export function builtinOrigin(target: Target, kind: string): Origin | undefined {
  const { origin, fileName } = target
  if (origin === undefined) return undefined
  return {
    ...origin,
    path: '',
    configuredIn: joinDisplayPath(origin.path, fileName),
    configuredBy: { apiVersion: 'builtin', kind },
  }
}

/** The configurations of plugins: written in place, or in files and folders. */
export function loadPlugins(target: Target, entries: readonly string[]): readonly Resource[] {
  const plugins = createAccumulator()
  const paths: string[] = []
  for (const entry of entries) {
    const inline = readInlineResources(target.session, entry)
    if (inline === undefined) {
      paths.push(entry)
      continue
    }
    for (const resource of inline) {
      const { origin, fileName } = target
      if (origin !== undefined) {
        setOrigin(resource, { ...origin, path: joinDisplayPath(origin.path, fileName) })
      }
      plugins.list.append(resource)
    }
  }
  target.gather(target, paths, plugins)
  return plugins.list.items()
}
