import { apiVersionOf, isJsonObject, type Json, textAt } from '../manifest/object.ts'
import { ClusterError } from './cluster-error.ts'
import type { ClusterRequest, ClusterResponse } from './transport.ts'

export type Gvk = { readonly group: string; readonly version: string; readonly kind: string }

/** How the API server serves one kind. */
export type ApiResource = Gvk & {
  /** The name in paths, `deployments`. */
  readonly plural: string
  readonly isNamespaced: boolean
  readonly verbs: readonly string[]
}

export type Discovery = {
  /** Throws ClusterError `NoMatch` where the kind is not served in that version. */
  readonly resourceFor: (kind: Gvk) => Promise<ApiResource>
  /** The kind in whichever version is served, its own first; undefined where no version has it. */
  readonly resourceForAnyVersion: (kind: Gvk) => Promise<ApiResource | undefined>
  /** Reads anew what the API serves, of one group or of all. */
  readonly forget: (group?: string) => void
}

type Send = (request: ClusterRequest) => Promise<ClusterResponse>
type Resources = ReadonlyMap<string, ApiResource>

/** A kind that is missing from an answer older than this is asked for again. */
const staleAfterMs = 5_000

type Answer = {
  readonly group: string
  readonly at: number
  readonly resources: Promise<Resources>
}

/** What the API server serves, asked once per group and version and remembered until it is forgotten. */
export function createDiscovery(send: Send, now: () => Date): Discovery {
  const answers = new Map<string, Answer>()

  const resourcesOf = (kind: Gvk): Promise<Resources> => {
    const key = apiVersionOf(kind)
    const known = answers.get(key)
    if (known !== undefined) return known.resources
    const resources = readResources(send, kind.group, kind.version)
    answers.set(key, { group: kind.group, at: now().getTime(), resources })
    // What is absent or could not be read is not remembered: it may be there a moment later.
    resources.then(
      (found) => found.size === 0 && answers.delete(key),
      () => answers.delete(key),
    )
    return resources
  }
  const findResource = async (kind: Gvk): Promise<ApiResource | undefined> => {
    const resource = (await resourcesOf(kind)).get(kind.kind)
    const answer = answers.get(apiVersionOf(kind))
    if (resource !== undefined || answer === undefined) return resource
    if (now().getTime() - answer.at < staleAfterMs) return undefined
    answers.delete(apiVersionOf(kind))
    return (await resourcesOf(kind)).get(kind.kind)
  }
  return {
    resourceFor: async (kind) => (await findResource(kind)) ?? refuse(kind),
    resourceForAnyVersion: async (kind) => {
      const own = await findResource(kind)
      if (own !== undefined) return own
      for (const version of await servedVersions(send, kind.group)) {
        const other = await findResource({ ...kind, version })
        if (other !== undefined) return other
      }
      return undefined
    },
    forget: (group) => {
      for (const [key, answer] of answers) {
        if (group === undefined || answer.group === group) answers.delete(key)
      }
    },
  }
}

function refuse(kind: Gvk): never {
  throw new ClusterError(
    'NoMatch',
    `no matches for kind "${kind.kind}" in version "${apiVersionOf(kind)}"`,
  )
}

/** `/api/v1` or `/apis/<group>/<version>`, where the API server serves a group and version. */
export function groupVersionPath(group: string, version: string): string {
  return group === ''
    ? `/api/${encodeURIComponent(version)}`
    : `/apis/${encodeURIComponent(group)}/${encodeURIComponent(version)}`
}

async function readResources(send: Send, group: string, version: string): Promise<Resources> {
  const path = groupVersionPath(group, version)
  const body = await readOrAbsent(send, path)
  // What is no such list, as the page of a proxy, must not pass for kinds that are gone.
  if (body !== undefined && !(isJsonObject(body) && Object.hasOwn(body, 'resources'))) {
    throw new ClusterError('BadAnswer', `${path}: the server did not answer with its kinds`, {
      retryable: true,
    })
  }
  const listed = isJsonObject(body) && Array.isArray(body.resources) ? body.resources : []
  const resources = listed
    .filter(isJsonObject)
    .filter((entry) => !textAt(entry, 'name').includes('/'))
  return new Map(
    resources.map((entry) => [
      textAt(entry, 'kind'),
      {
        group,
        version,
        kind: textAt(entry, 'kind'),
        plural: textAt(entry, 'name'),
        isNamespaced: entry.namespaced === true,
        verbs: Array.isArray(entry.verbs) ? entry.verbs.map(String) : [],
      },
    ]),
  )
}

/** The versions in which a group is served; none only where a genuine list of all groups lacks it. */
async function servedVersions(send: Send, group: string): Promise<readonly string[]> {
  if (group === '') return ['v1']
  const { body } = await send({ method: 'GET', path: '/apis' })
  const groups = isJsonObject(body) && body.kind === 'APIGroupList' ? body.groups : undefined
  if (!Array.isArray(groups)) {
    throw new ClusterError('BadAnswer', 'the server did not answer with the list of its groups')
  }
  const found = groups.filter(isJsonObject).find((entry) => entry.name === group)
  const versions = Array.isArray(found?.versions) ? found.versions : []
  return versions.filter(isJsonObject).map((entry) => textAt(entry, 'version'))
}

async function readOrAbsent(send: Send, path: string): Promise<Json | undefined> {
  try {
    return (await send({ method: 'GET', path })).body
  } catch (thrown) {
    if (thrown instanceof ClusterError && thrown.status === 404) return undefined
    throw thrown
  }
}
