import type { ClusterRequest, ClusterResponse, Transport } from '../../lib/cluster/transport.ts'
import type { Json, JsonObject } from '../../lib/manifest/object.ts'

export type Script = (request: ClusterRequest, attempt: number) => Partial<ClusterResponse> | Error

export type ScriptedTransport = Transport & {
  readonly requests: readonly ClusterRequest[]
  /** The largest number of requests that were under way at once. */
  readonly peak: () => number
}

/**
 * Answers as the script says; an Error is what the transport rejects with. `attempt` counts requests of the
 * same method and path from 1. Discovery of v1 and apps/v1 is answered where the script says nothing (404).
 */
export function createScriptedTransport(script: Script): ScriptedTransport {
  const requests: ClusterRequest[] = []
  const attempts = new Map<string, number>()
  let underWay = 0
  let peak = 0
  const transport: Transport = async (request) => {
    requests.push(request)
    const key = `${request.method} ${request.path}`
    const attempt = (attempts.get(key) ?? 0) + 1
    attempts.set(key, attempt)
    underWay += 1
    peak = Math.max(peak, underWay)
    await Promise.resolve()
    underWay -= 1
    const answer = discoveryOf(request) ?? script(request, attempt)
    if (answer instanceof Error) throw answer
    return { status: 200, body: null, warnings: [], ...answer }
  }
  return Object.assign(transport, { requests, peak: () => peak })
}

export function status(code: number, reason: string, message: string, more: JsonObject = {}): Json {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, ...more }
}

function discoveryOf(request: ClusterRequest): Partial<ClusterResponse> | undefined {
  const resources = Object.hasOwn(served, request.path) ? served[request.path] : undefined
  if (resources === undefined || request.method !== 'GET') return undefined
  return { body: { kind: 'APIResourceList', resources } }
}

const served: Readonly<Record<string, Json>> = {
  '/api/v1': [
    { name: 'configmaps', kind: 'ConfigMap', namespaced: true, verbs: ['get', 'list'] },
    { name: 'secrets', kind: 'Secret', namespaced: true, verbs: ['get', 'list'] },
    { name: 'namespaces', kind: 'Namespace', namespaced: false, verbs: ['get', 'list'] },
    { name: 'namespaces/status', kind: 'Namespace', namespaced: false, verbs: ['get'] },
  ],
  '/apis/apps/v1': [{ name: 'deployments', kind: 'Deployment', namespaced: true, verbs: ['get'] }],
}
