import type { KubeObject } from '../../../manifest/object.ts'
import { at, listAt, textIn } from '../json.ts'
import { customResources } from './custom-resources.ts'
import { builtinResources, type GroupVersion, type Resource, resourceKey } from './resources.ts'

/** Everything that is served: the built-in kinds and those of established CustomResourceDefinitions. */
export type Registry = {
  readonly find: (group: string, version: string, plural: string) => Resource | undefined
  /** Any version that is served, the kept one first. */
  readonly findStored: (storageKey: string) => Resource | undefined
  readonly all: () => readonly Resource[]
  /** Versions of a group in order of preference; empty where it is not served. */
  readonly versionsOf: (group: string) => readonly GroupVersion[]
  readonly groups: () => readonly string[]
  /** Serves what a definition defines, once it is established; `undefined` serves it no more. */
  readonly define: (name: string, definition: KubeObject | undefined) => void
}

export function createRegistry(): Registry {
  const builtin = builtinResources()
  const custom = new Map<string, readonly Resource[]>()
  let current = index(builtin, custom)
  return {
    find: (group, version, plural) => current.byPath.get(resourceKey({ group, version, plural })),
    findStored: (storageKey) => current.byStorage.get(storageKey),
    all: () => [...current.byPath.values()],
    versionsOf: (group) => current.versions.get(group) ?? [],
    groups: () => [...current.versions.keys()],
    define: (name, definition) => {
      if (definition === undefined || !isEstablished(definition)) custom.delete(name)
      else custom.set(name, customResources(definition))
      current = index(builtin, custom)
    },
  }
}

function isEstablished(definition: KubeObject): boolean {
  return listAt(at(definition, 'status'), 'conditions').some(
    (condition) =>
      textIn(condition, 'type') === 'Established' && textIn(condition, 'status') === 'True',
  )
}

type Index = {
  readonly byPath: ReadonlyMap<string, Resource>
  readonly byStorage: ReadonlyMap<string, Resource>
  readonly versions: ReadonlyMap<string, readonly GroupVersion[]>
}

function index(
  builtin: ReadonlyMap<string, Resource>,
  custom: ReadonlyMap<string, readonly Resource[]>,
): Index {
  const added = [...custom.values()]
    .flat()
    .map((resource) => [resourceKey(resource), resource] as const)
  const byPath = new Map([...builtin, ...added])
  const byStorage = new Map<string, Resource>()
  const versions = new Map<string, readonly GroupVersion[]>()
  for (const resource of byPath.values()) {
    const isKept = resource.version === resource.storageVersion
    if (isKept || !byStorage.has(resource.storageKey)) byStorage.set(resource.storageKey, resource)
    const { group, version } = resource
    const known = versions.get(group) ?? []
    if (known.some((entry) => entry.version === version)) continue
    versions.set(group, [...known, { group, version }].sort(byPreference))
  }
  return { byPath, byStorage, versions }
}

/** Stable before beta before alpha, newer before older. */
function byPreference(left: GroupVersion, right: GroupVersion): number {
  const a = rankOf(left.version)
  const b = rankOf(right.version)
  const index = a.findIndex((value, position) => value !== b[position])
  return index < 0 ? 0 : (b[index] ?? 0) - (a[index] ?? 0)
}

function rankOf(version: string): readonly number[] {
  const [, major = '0', stage = '', minor = '0'] =
    /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? []
  return [stage === '' ? 2 : stage === 'beta' ? 1 : 0, Number(major), Number(minor)]
}
