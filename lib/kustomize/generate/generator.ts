import {
  appendField,
  mapNode,
  scalarNode,
  type YamlMap,
  type YamlNode,
} from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import {
  compareText,
  setEntry,
  setMetadataMap,
  setPath,
  stringScalar,
  untagged,
} from '../fields/node-edit.ts'
import type { GeneratorArgs, GeneratorOptions } from '../file/kustomization-file.ts'
import { at, type Place } from '../load/loader.ts'
import { behaviorOf } from '../resource/bookkeeping.ts'
import { createResource, type Resource } from '../resource/resource.ts'
import type { Session } from '../session.ts'
import { encodeBase64Lines, utf8Text } from './base64.ts'
import { readKeyValues } from './key-values.ts'

/** Makes the ConfigMap that an entry of `configMapGenerator` describes. */
export function generateConfigMap(session: Session, place: Place, args: GeneratorArgs): Resource {
  const node = baseNode('ConfigMap', args, place)
  for (const [key, bytes] of sorted(readKeyValues(session, place, args))) {
    const text = utf8Text(bytes)
    if (text === undefined)
      setPath(node, ['binaryData', key], blockScalar(encodeBase64Lines(bytes)))
    else setPath(node, ['data', key], blockScalar(text))
  }
  return finish(session, node, args)
}

/** Makes the Secret that an entry of `secretGenerator` describes. */
export function generateSecret(session: Session, place: Place, args: GeneratorArgs): Resource {
  const node = baseNode('Secret', args, place)
  setEntry(node, 'type', stringScalar(args.type === '' ? 'Opaque' : args.type))
  setEntry(node, 'data', mapNode())
  for (const [key, bytes] of sorted(readKeyValues(session, place, args))) {
    setPath(node, ['data', key], blockScalar(encodeBase64Lines(bytes)))
  }
  return finish(session, node, args)
}

function baseNode(kind: string, { name, namespace }: GeneratorArgs, place: Place): YamlMap {
  if (name === '') {
    throw new BuildError('InvalidGenerator', `${at(place)}a generator has no name; give it one`)
  }
  const node = mapNode()
  appendField(node, untagged('apiVersion'), scalarNode('v1', '!!str'))
  appendField(node, untagged('kind'), scalarNode(kind, '!!str'))
  setPath(node, ['metadata', 'name'], stringScalar(name))
  if (namespace !== '') setPath(node, ['metadata', 'namespace'], stringScalar(namespace))
  return node
}

function finish(session: Session, node: YamlMap, args: GeneratorArgs): Resource {
  const { options } = args
  if (options !== undefined) {
    setMetadataMap(node, 'labels', options.labels)
    setMetadataMap(node, 'annotations', options.annotations)
    if (options.immutable) setEntry(node, 'immutable', scalarNode('true', '!!bool'))
  }
  return {
    ...createResource(node, session.scope),
    needsHash: !(options?.disableNameSuffixHash ?? false),
    behavior: behaviorOf(args.behavior),
  }
}

function sorted<T>(entries: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...entries].sort(([one], [other]) => compareText(one, other))
}

function blockScalar(value: string): YamlNode {
  return stringScalar(value)
}

/** The options of one generator: what it says itself, and where it says nothing what `generatorOptions` says. */
export function withGlobalOptions(
  args: GeneratorArgs,
  global: GeneratorOptions | undefined,
): GeneratorArgs {
  if (global === undefined) return args
  const local = args.options
  return {
    ...args,
    options: {
      labels: new Map([...global.labels, ...(local?.labels ?? [])]),
      annotations: new Map([...global.annotations, ...(local?.annotations ?? [])]),
      disableNameSuffixHash:
        global.disableNameSuffixHash || (local?.disableNameSuffixHash ?? false),
      immutable: global.immutable || (local?.immutable ?? false),
    },
  }
}
