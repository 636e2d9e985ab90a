import type { AppliedObject, ClusterClient } from '../cluster/client.ts'
import type { KubeObject } from '../manifest/object.ts'
import type { ApplyOptions } from './options.ts'

/** What applying the object would make of it. */
export async function dryRun(
  client: ClusterClient,
  object: KubeObject,
  options: Pick<ApplyOptions, 'fieldValidation'>,
): Promise<AppliedObject> {
  return client.applyServerSide(object, {
    isDryRun: true,
    fieldValidation: options.fieldValidation ?? 'Warn',
  })
}
