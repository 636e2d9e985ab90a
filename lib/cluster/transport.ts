import type { Json } from '../manifest/object.ts'

/**
 * One request to a Kubernetes API and its answer, as raw JSON: nothing is dropped on the way.
 * An HTTP status of any kind is an answer; the promise rejects with ClusterError only where there was none
 * (unreachable, timed out, connection lost, answer too large or cut short).
 */
export type Transport = (request: ClusterRequest) => Promise<ClusterResponse>

export type ClusterRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Absolute, each segment encoded: `/apis/apps/v1/namespaces/default/deployments/web`. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** `application/json` where absent. */
  readonly contentType?: string
  /** `application/json` where absent; metadata lists ask for `PartialObjectMetadataList`. */
  readonly accept?: string
  readonly body?: Json
  /** Acts as this user by impersonation: `system:serviceaccount:<namespace>:<name>`. */
  readonly impersonate?: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export type ClusterResponse = {
  readonly status: number
  /** Parsed JSON; a text answer as a string. */
  readonly body: Json
  /** Texts of `Warning` headers. */
  readonly warnings: readonly string[]
  readonly retryAfterSeconds?: number
}
