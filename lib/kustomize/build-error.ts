import { DriftlessError } from '../status/error.ts'

/** What went wrong in a build. Append-only. */
export type BuildErrorCode =
  | 'FileNotFound'
  | 'FolderNotFound'
  | 'PathOutsideRoot'
  | 'PathInvalid'
  | 'FileTooLarge'
  | 'TooManyReads'
  | 'TooDeep'
  | 'Cycle'
  | 'MissingKustomizationFile'
  | 'SeveralKustomizationFiles'
  | 'InvalidKustomizationFile'
  | 'InvalidResource'
  | 'ResourceConflict'
  | 'InvalidGenerator'
  | 'GeneratorConflict'
  | 'InvalidTransformer'
  | 'InvalidPatch'
  | 'PatchTargetNotFound'
  | 'PatchTargetAmbiguous'
  | 'InvalidSelector'
  | 'InvalidFieldSpec'
  | 'FieldType'
  | 'ReplicaTargetNotFound'
  | 'InvalidReplacement'
  | 'ReplacementSourceNotFound'
  | 'ReplacementTargetNotFound'
  | 'NameReferenceAmbiguous'
  | 'InvalidVar'
  | 'VarNotFound'
  | 'ValidatorChangedResources'
  | 'InvalidSchema'
  | 'RemoteNotAllowed'
  | 'HelmNotSupported'
  | 'PluginNotSupported'
  | 'ComponentKind'
  | 'InvalidYaml'
  | 'Unprintable'
  | 'InvalidSubstitution'
  /** A remote file or base is allowed but not fetched yet. */
  | 'RemoteMissing'
  | 'RemoteFailed'

/** A kustomization that cannot be built; the message names the place first and ends with the remedy. */
export class BuildError extends DriftlessError<BuildErrorCode> {
  constructor(
    code: BuildErrorCode,
    message: string,
    details?: ConstructorParameters<typeof DriftlessError>[3],
  ) {
    super('BuildFailed', code, message, details)
  }
}
