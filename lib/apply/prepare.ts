import {
  formatRef,
  isJsonObject,
  type JsonObject,
  type KubeObject,
  refOf,
  textAt,
} from '../manifest/object.ts'
import { ApplyError } from './apply-error.ts'
import { normalize } from './normalize.ts'
import { type CommonMetadata, type Owner, withMetadata, withOwnerLabels } from './owner-labels.ts'

export type PrepareOptions = { readonly owner: Owner; readonly commonMetadata?: CommonMetadata }

export type Prepared = {
  readonly objects: readonly KubeObject[]
  /** `Kind/ns/name: what was changed and why`. */
  readonly notes: readonly string[]
}

/**
 * Objects as they are applied: with the owner's labels, normalised, and with the common metadata last, which
 * may so override the labels, as in Flux. Throws ApplyError `EncryptedObject` where one is still encrypted.
 */
export function prepareObjects(
  objects: readonly KubeObject[],
  { owner, commonMetadata }: PrepareOptions,
): Prepared {
  for (const object of objects) refuseEncrypted(object)
  const normalized = objects.map((object) => normalize(withOwnerLabels(object, owner)))
  return {
    objects: normalized.map(({ object }) =>
      commonMetadata === undefined ? object : withMetadata(object, commonMetadata),
    ),
    notes: normalized.flatMap(({ object, notes }) =>
      notes.map((note) => `${formatRef(refOf(object))}: ${note}`),
    ),
  }
}

/** Applied as it is, an encrypted object would replace what works by ciphertext; Flux checks Secrets only. */
function refuseEncrypted(object: KubeObject): void {
  if (!isEncrypted(object)) return
  const noun = object.kind === 'Secret' ? 'secret' : 'object'
  throw new ApplyError(
    'EncryptedObject',
    `${formatRef(refOf(object))} is SOPS encrypted, configuring decryption is required for this ${noun} to be reconciled; Driftless does not decrypt yet: take it out of Git, and bring it to the cluster by other means, such as External Secrets or Sealed Secrets`,
    [],
  )
}

function isEncrypted(object: KubeObject): boolean {
  const sops = Object.hasOwn(object, 'sops') ? object.sops : undefined
  if (sops === undefined || sops === null) return false
  const isCore = object.apiVersion === 'v1'
  if (isCore && (object.kind === 'Secret' || object.kind === 'ConfigMap')) return true
  return isJsonObject(sops) && hasMac(sops)
}

function hasMac(sops: JsonObject): boolean {
  return textAt(sops, 'mac') !== ''
}
