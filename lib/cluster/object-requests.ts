import type { Json, KubeObject } from '../manifest/object.ts'
import type { ClusterRequest } from './transport.ts'

export type ApplyPatchOptions = {
  readonly isDryRun?: boolean
  /** Takes fields that other managers own; true where absent. */
  readonly isForced?: boolean
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
}

export type PatchOptions = { readonly type: 'json' | 'merge'; readonly isDryRun?: boolean }

export type DeleteOptions = {
  /** `Background` where absent. */
  readonly propagation?: 'Background' | 'Foreground' | 'Orphan'
  /** Deletes only the object of this uid, not one that was created in its place. */
  readonly uid?: string
  readonly resourceVersion?: string
  readonly isDryRun?: boolean
}

/** A request to one object, whose path is not known yet. */
export type ObjectRequest = Omit<ClusterRequest, 'path'>

/** A server-side apply of the whole object. */
export function applyRequest(
  object: KubeObject,
  fieldManager: string,
  { isDryRun, isForced = true, fieldValidation }: ApplyPatchOptions,
): ObjectRequest {
  return {
    method: 'PATCH',
    // JSON is YAML: the API server takes it under this name, and there is no other for an apply.
    contentType: 'application/apply-patch+yaml',
    query: {
      fieldManager,
      force: String(isForced),
      ...dryRunQuery(isDryRun),
      ...(fieldValidation === undefined ? {} : { fieldValidation }),
    },
    body: object,
  }
}

/** A JSON patch or a merge patch. */
export function patchRequest(
  patch: Json,
  fieldManager: string,
  { type, isDryRun }: PatchOptions,
): ObjectRequest {
  return {
    method: 'PATCH',
    contentType: `application/${type}-patch+json`,
    query: { fieldManager, ...dryRunQuery(isDryRun) },
    body: patch,
  }
}

/** A deletion, bound to what `options` say the object must be. */
export function deleteRequest(options: DeleteOptions): ObjectRequest {
  const { uid, resourceVersion } = options
  const preconditions = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  }
  return {
    method: 'DELETE',
    query: dryRunQuery(options.isDryRun),
    body: {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: options.propagation ?? 'Background',
      // With a body the API server reads no options from the query: there alone, this would delete.
      ...(options.isDryRun === true ? { dryRun: ['All'] } : {}),
      ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    },
  }
}

function dryRunQuery(isDryRun: boolean | undefined): Readonly<Record<string, string>> {
  return isDryRun === true ? { dryRun: 'All' } : {}
}
