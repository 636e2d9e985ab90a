import { copyNode } from '../manifest/node.ts'
import type { Accumulator } from './accumulator.ts'
import { BuildError } from './build-error.ts'
import { setMetadataMap } from './fields/node-edit.ts'
import { loadPlugins } from './plugins/load-plugins.ts'
import { compileTransformerPlugin } from './plugins/plugins.ts'
import { ensureAnnotations } from './resource/bookkeeping.ts'
import { currentId, metadataMap, type Resource } from './resource/resource.ts'
import { formatId } from './resource/resource-id.ts'
import type { Target } from './target.ts'

/** Runs the validators: transformers that must leave everything as it is. */
export function runValidators(target: Target, accumulator: Accumulator): void {
  for (const plugin of loadPlugins(target, target.file.validators)) {
    const transform = compileTransformerPlugin(target, plugin)
    const before = accumulator.list.items().map((resource) => snapshot(resource, false))
    transform(accumulator.list)
    accumulator.list.reindex()
    const after = accumulator.list.items().map((resource) => snapshot(resource, true))
    const changed = after.findIndex((text, index) => text !== before[index])
    if (changed < 0 && after.length === before.length) continue
    const resource = accumulator.list.items()[changed]
    throw new BuildError(
      'ValidatorChangedResources',
      `validator ${formatId(currentId(plugin))} changed ${
        resource === undefined ? 'the resources' : formatId(currentId(resource))
      }; list it under transformers if it should`,
    )
  }
}

const validatedBy = 'validated-by'

/** The resource as text, with what the build remembers about it; after a validator without the one label that it may set. */
function snapshot(resource: Resource, isAfter: boolean): string {
  const { node, former, prefixes, suffixes, behavior, needsHash } = resource
  if (node === undefined) return ''
  const copy = copyNode(node)
  ensureAnnotations({ ...resource, node: copy })
  const labels = new Map(metadataMap(copy, 'labels'))
  if (isAfter && labels.delete(validatedBy)) setMetadataMap(copy, 'labels', labels)
  return JSON.stringify({ copy, former, prefixes, suffixes, behavior, needsHash }, withoutSharing)
}

/** Whether a map shares its keys with others says nothing about what it holds. */
function withoutSharing(key: string, value: unknown): unknown {
  return key === 'hasOwnKeys' ? undefined : value
}
