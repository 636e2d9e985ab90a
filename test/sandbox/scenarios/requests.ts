import type { ClusterRequest } from '../../../lib/cluster/transport.ts'
import type { Json, JsonObject } from '../../../lib/manifest/object.ts'

/** Requests in order; `NAMESPACE` in a path or a body is the scenario's own. */
export type Scenario = { readonly name: string; readonly steps: readonly Step[] }

export type Step = ClusterRequest

const applyType: string = 'application/apply-patch+yaml'
export const core: string = '/api/v1/namespaces/NAMESPACE'
export const apps: string = '/apis/apps/v1/namespaces/NAMESPACE'

type ApplyQuery = Readonly<Record<string, string>>

export function apply(
  path: string,
  manager: string,
  body: JsonObject,
  query: ApplyQuery = {},
): Step {
  const fullQuery = { fieldManager: manager, ...query }
  return { method: 'PATCH', path, query: fullQuery, contentType: applyType, body }
}

export function get(path: string): Step {
  return { method: 'GET', path }
}

export function patch(
  path: string,
  type: 'json' | 'merge' | 'strategic-merge',
  body: Json,
  query: ApplyQuery = {},
): Step {
  const fullQuery = { fieldManager: 'editor', ...query }
  return {
    method: 'PATCH',
    path,
    query: fullQuery,
    contentType: `application/${type}-patch+json`,
    body,
  }
}

export function post(path: string, body: JsonObject, query: ApplyQuery = {}): Step {
  return { method: 'POST', path, query: { fieldManager: 'maker', ...query }, body }
}

export function put(path: string, body: JsonObject, query: ApplyQuery = {}): Step {
  return { method: 'PUT', path, query: { fieldManager: 'putter', ...query }, body }
}

export function configMap(name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...more }
}

export const cm: string = `${core}/configmaps/settings`
export const web: string = `${apps}/deployments/web`

export function deployment(spec: JsonObject = {}, container: JsonObject = {}): JsonObject {
  const labels = { app: 'web' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web' },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'nginx:1.27', ...container }] },
      },
      ...spec,
    },
  }
}

export function service(spec: JsonObject): JsonObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec }
}

export const port = (number: number, more: JsonObject = {}): JsonObject => ({
  port: number,
  ...more,
})

export function named(
  apiVersion: string,
  kind: string,
  name: string,
  more: JsonObject,
): JsonObject {
  return { apiVersion, kind, metadata: { name }, ...more }
}
