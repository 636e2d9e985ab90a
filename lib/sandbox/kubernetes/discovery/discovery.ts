import { apiVersionOf, type JsonObject } from '../../../manifest/object.ts'
import { loadBuiltin } from './builtin.ts'
import type { Registry } from './registry.ts'
import type { GroupVersion, Resource } from './resources.ts'

export function versionBody(): JsonObject {
  const { version } = loadBuiltin()
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.')
  return {
    major,
    minor,
    gitVersion: `${version}-driftless-sandbox`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: 'linux/amd64',
  }
}

/** `/api`: the versions of the core group. */
export function coreVersions(address: string): JsonObject {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
  }
}

export function groupList(registry: Registry): JsonObject {
  const groups = registry.groups().filter((group) => group !== '')
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groups.map((group) => groupEntry(registry, group)),
  }
}

export function groupBody(registry: Registry, group: string): JsonObject | undefined {
  if (group === '' || registry.versionsOf(group).length === 0) return undefined
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(registry, group) }
}

function groupEntry(registry: Registry, group: string): JsonObject {
  const versions = registry
    .versionsOf(group)
    .map((gv) => ({ groupVersion: apiVersionOf(gv), version: gv.version }))
  return { name: group, versions, preferredVersion: versions[0] ?? {} }
}

/** `/apis/<group>/<version>`; undefined where it is not served. */
export function resourceList(registry: Registry, gv: GroupVersion): JsonObject | undefined {
  const resources = resourcesOf(registry, gv)
  if (resources.length === 0) return undefined
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(gv),
    resources: resources.flatMap((resource) => [entryOf(resource), ...subresourcesOf(resource)]),
  }
}

function resourcesOf(registry: Registry, { group, version }: GroupVersion): readonly Resource[] {
  return registry
    .all()
    .filter((resource) => resource.group === group && resource.version === version)
}

function entryOf(resource: Resource): JsonObject {
  return {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.isNamespaced,
    kind: resource.kind,
    verbs: resource.verbs,
    ...listed('shortNames', resource.shortNames),
    ...listed('categories', resource.categories),
    ...(resource.verbs.includes('list') ? { storageVersionHash: hashOf(resource) } : {}),
  }
}

function listed(key: string, values: readonly string[]): JsonObject {
  return values.length === 0 ? {} : { [key]: values }
}

function hashOf({ storageKey, storageVersion }: Resource): string {
  return Buffer.from(`${storageKey}/${storageVersion}`).toString('base64').slice(0, 11).concat('=')
}

const servedSubresources = ['status', 'scale']

function subresourcesOf(resource: Resource): readonly JsonObject[] {
  return resource.subresources
    .filter((name) => servedSubresources.includes(name))
    .map((name) => ({
      name: `${resource.plural}/${name}`,
      singularName: '',
      namespaced: resource.isNamespaced,
      ...(name === 'scale'
        ? { group: 'autoscaling', version: 'v1', kind: 'Scale' }
        : { kind: resource.kind }),
      verbs: ['get', 'patch', 'update'],
    }))
}

/** All groups and their resources in one answer; the core group alone for `/api`. */
export function aggregatedDiscovery(registry: Registry, isCore: boolean): JsonObject {
  const groups = registry.groups().filter((group) => (group === '') === isCore)
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: registry.versionsOf(group).map((gv) => ({
        version: gv.version,
        freshness: 'Current',
        resources: resourcesOf(registry, gv).map(discoveryEntry),
      })),
    })),
  }
}

function discoveryEntry(resource: Resource): JsonObject {
  const { group, version, kind } = resource
  const subresources = resource.subresources
    .filter((name) => servedSubresources.includes(name))
    .map((name) => ({
      subresource: name,
      responseKind:
        name === 'scale'
          ? { group: 'autoscaling', version: 'v1', kind: 'Scale' }
          : { group, version, kind },
      verbs: ['get', 'patch', 'update'],
    }))
  return {
    resource: resource.plural,
    responseKind: { group, version, kind },
    scope: resource.isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs: resource.verbs,
    ...listed('shortNames', resource.shortNames),
    ...listed('categories', resource.categories),
    ...(subresources.length === 0 ? {} : { subresources }),
  }
}
