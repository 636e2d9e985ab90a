import { type Origin, originAnnotation } from '../resource/origin.ts'
import {
  apiVersionOf,
  kindOf,
  metadataMap,
  nameOf,
  namespaceOf,
  type Resource,
} from '../resource/resource.ts'

/** The origin of what a plugin makes or changes, read from the origin of its own configuration. */
export function pluginOrigin(plugin: Resource): Origin | undefined {
  const text = metadataMap(plugin.node, 'annotations').get(originAnnotation)
  if (text === undefined) return undefined
  const fieldOf = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? ''
  return {
    path: '',
    repo: fieldOf('repo'),
    ref: fieldOf('ref'),
    configuredIn: fieldOf('path'),
    configuredBy: {
      apiVersion: apiVersionOf(plugin),
      kind: kindOf(plugin),
      name: nameOf(plugin),
      namespace: namespaceOf(plugin),
    },
  }
}
