import { DriftlessError, type FaultDetails } from '../status/error.ts'

export type SecretErrorCode =
  | 'InvalidName'
  /** It is there, but is no Secret, no ConfigMap, or not readable as one. */
  | 'SecretMalformed'
  | 'SecretTooLarge'
  | 'SecretUnreadable'
  /** Others than the owner may read the key. */
  | 'KeyExposed'
  | 'KeyUnreadable'
  /** Sealed by another key, for another context, or changed since. */
  | 'SealBroken'

/** A secret cannot be had. The message names the place, never what stands there. */
export class SecretError extends DriftlessError<SecretErrorCode> {
  constructor(code: SecretErrorCode, message: string, details?: FaultDetails) {
    super('AuthenticationFailed', code, message, details)
  }
}
