import type { Json } from '../../../manifest/object.ts'
import type { ApiAnswer, ApiRequest } from '../api.ts'
import { StatusError } from '../status-error.ts'
import {
  aggregatedDiscovery,
  coreVersions,
  groupBody,
  groupList,
  resourceList,
  versionBody,
} from './discovery.ts'
import { groupVersionOf, openApiIndex, openApiV2, openApiV3 } from './openapi.ts'
import type { Registry } from './registry.ts'

/** What the server says about itself: version, health, discovery, OpenAPI; undefined for any other path. */
export function readMeta(registry: Registry, request: ApiRequest): ApiAnswer | undefined {
  const body = readBody(registry, request)
  return body === undefined ? undefined : { status: 200, body, warnings: [] }
}

function readBody(registry: Registry, { path, accept }: ApiRequest): Json | undefined {
  const isAggregated = /as=APIGroupDiscoveryList/.test(accept)
  switch (path) {
    case '/version':
      return versionBody()
    case '/healthz':
    case '/livez':
    case '/readyz':
      return 'ok'
    case '/api':
      return isAggregated ? aggregatedDiscovery(registry, true) : coreVersions('127.0.0.1')
    case '/apis':
      return isAggregated ? aggregatedDiscovery(registry, false) : groupList(registry)
    case '/openapi/v2':
      if (/protobuf/.test(accept) && !/json/.test(accept)) {
        throw new StatusError('NotAcceptable', 'only JSON is served here')
      }
      return openApiV2(registry)
    case '/openapi/v3':
      return openApiIndex(registry)
    default:
      return readGroup(registry, path)
  }
}

function readGroup(registry: Registry, path: string): Json | undefined {
  const document = groupVersionOf(path)
  if (document !== undefined) return openApiV3(registry, document)
  const [, root = '', ...segments] = path.split('/')
  const [group = '', version] = root === 'api' ? ['', ...segments] : segments
  if (root !== 'api' && root !== 'apis') return undefined
  if (segments.length === (root === 'api' ? 1 : 2) && version !== undefined) {
    return resourceList(registry, { group, version })
  }
  return root === 'apis' && segments.length === 1 ? groupBody(registry, group) : undefined
}
