import { DriftlessError, type FaultDetails } from '../status/error.ts'

export type ArtifactErrorCode =
  /** The bytes are not the ones that were stored: fetch the source again. */
  'DigestMismatch' | 'ArchiveInvalid' | 'ArchiveTooLarge'

export class ArtifactError extends DriftlessError<ArtifactErrorCode> {
  constructor(code: ArtifactErrorCode, message: string, details?: FaultDetails) {
    super('ArtifactFailed', code, message, details)
  }
}
