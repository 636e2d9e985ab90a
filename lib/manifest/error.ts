import { DriftlessError } from '../status/error.ts'

/** What is wrong with a text or a tree. Append-only. */
export type ManifestErrorCode =
  | 'Syntax'
  | 'DocumentSeparator'
  | 'DuplicateKey'
  | 'MergeKey'
  | 'UnknownAnchor'
  | 'AliasCycle'
  | 'KeyType'
  | 'ScalarValue'
  | 'NoJson'
  | 'TooLarge'
  | 'TooDeep'
  | 'TooManyDocuments'
  | 'TooManyAliases'
  | 'PatchSyntax'
  | 'PatchPath'
  | 'PatchTest'
  | 'MergeConflict'
  | 'TooManyNodes'

/** A text that cannot be read, a tree that cannot be printed, or a patch that does not apply. */
export class ManifestError extends DriftlessError<ManifestErrorCode> {
  constructor(
    code: ManifestErrorCode,
    message: string,
    details?: ConstructorParameters<typeof DriftlessError>[3],
  ) {
    super('BuildFailed', code, message, details)
  }
}

/** A fault at a line of the text, one-based. */
export function faultAt(line: number, code: ManifestErrorCode, what: string): ManifestError {
  return new ManifestError(code, `line ${line}: ${what}`, { data: { line } })
}
