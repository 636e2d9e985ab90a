import type { TreeFiles } from '../artifact/tree.ts'
import type { CredentialBinding } from './credential.ts'

/** What reading a source tells besides its revision, be it fetched or not. */
export type ReadFacts = {
  /** Kept with the source, so that its credential goes to no other host. */
  readonly binding?: CredentialBinding
  /** For the user to know; nothing failed. */
  readonly notices: readonly string[]
}

/** What was fetched of a source: everything an artifact is made of. */
export type FetchedSource = ReadFacts & {
  /** `main@sha1:<40 hex>`, or `sha256:<64 hex>` of a bucket. */
  readonly revision: string
  readonly files: TreeFiles
  readonly commit?: CommitFacts
}

export type CommitFacts = {
  readonly sha: string
  readonly author: { readonly name: string; readonly email: string }
  /** First line of the message. */
  readonly subject: string
  /** Where the host shows it. */
  readonly url?: string
}
