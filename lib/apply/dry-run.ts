import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import type { KubeObject } from '../manifest/object.ts'
import type { ApplyOptions } from './options.ts'
import { withoutUnknownFields } from './unknown-fields.ts'

export type DryRun = {
  /** As it can be sent: without unknown fields, where they are only warned of. */
  readonly payload: KubeObject
  readonly merged: KubeObject
  readonly warnings: readonly string[]
}

/** The API server names unknown fields one level at a time; an object with more levels of them is refused. */
const maxAttempts = 64

/**
 * What applying the object would make of it. Throws ClusterError where the API server refuses it; under `Warn`
 * unknown fields of built-in kinds are no reason to, they are left out and told.
 */
export async function dryRun(
  client: ClusterClient,
  object: KubeObject,
  { fieldValidation = 'Warn' }: Pick<ApplyOptions, 'fieldValidation'>,
): Promise<DryRun> {
  const warnings: string[] = []
  let payload = object
  for (let attempt = 1; ; attempt += 1) {
    try {
      const applied = await client.applyServerSide(payload, { isDryRun: true, fieldValidation })
      return { payload, merged: applied.object, warnings: [...warnings, ...applied.warnings] }
    } catch (thrown) {
      const isLast = fieldValidation === 'Strict' || attempt >= maxAttempts
      const stripped =
        thrown instanceof ClusterError && !isLast
          ? withoutUnknownFields(payload, thrown.message)
          : undefined
      if (stripped === undefined) throw thrown
      payload = stripped.object
      warnings.push(...stripped.warnings)
    }
  }
}
