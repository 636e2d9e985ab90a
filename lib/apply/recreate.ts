import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError, type FieldFault } from '../cluster/cluster-error.ts'
import { type KubeObject, splitApiVersion } from '../manifest/object.ts'
import type { ApplyOptions } from './options.ts'
import { isDefinition } from './stages.ts'
import { isForcedObject } from './switches.ts'

/**
 * Whether an object whose change the API server refused is deleted and created anew: `force` asks for it, and
 * the refusal may be about fields that cannot change. Flux deletes on any 422, so that a typing mistake
 * deletes what runs and then cannot create it; here the new object must first be good on its own.
 * Source: fluxcd/pkg/ssa shouldForceApply, errors.IsImmutableError.
 */
export async function canBeRecreated(
  client: ClusterClient,
  desired: KubeObject,
  live: KubeObject,
  error: ClusterError,
  options: Pick<ApplyOptions, 'isForced' | 'fieldValidation'>,
): Promise<boolean> {
  if (options.isForced !== true && !isForcedObject(desired, live)) return false
  if (!isImmutableFault(error)) return false
  const own = await faultsOnItsOwn(client, desired, options)
  return !own.some((fault) => error.causes.some((cause) => isSameFault(cause, fault)))
}

/** A 422, or a text that speaks of immutability. A plain conflict passes by itself, and is no reason to delete. */
function isImmutableFault(error: ClusterError): boolean {
  return error.code === 'Invalid' || /is\simmutable|immutable\sfield/.test(error.message)
}

/** What would be wrong with the object were there none of its name: a dry run under another name tells. */
async function faultsOnItsOwn(
  client: ClusterClient,
  desired: KubeObject,
  { fieldValidation }: Pick<ApplyOptions, 'fieldValidation'>,
): Promise<readonly FieldFault[]> {
  const { kind, apiVersion } = desired
  // Their names are bound to what they hold: under another one they are always wrong.
  if (isDefinition({ group: splitApiVersion(apiVersion).group, kind }) || kind === 'APIService') {
    return []
  }
  const name = `${desired.metadata.name.slice(0, 40)}-driftless-check`
  const stranger = { ...desired, metadata: { ...desired.metadata, name } }
  try {
    await client.applyServerSide(stranger, {
      isDryRun: true,
      fieldValidation: fieldValidation ?? 'Warn',
    })
    return []
  } catch (thrown) {
    if (thrown instanceof ClusterError && thrown.code === 'Invalid') return thrown.causes
    if (thrown instanceof ClusterError && thrown.code === 'Forbidden') return []
    throw thrown
  }
}

function isSameFault(a: FieldFault, b: FieldFault): boolean {
  return a.field === b.field && a.reason === b.reason && a.message === b.message
}
