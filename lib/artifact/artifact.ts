/** An immutable tree of files of a source, as `status.artifact` of Flux's sources tells it. */
export type Artifact = {
  /** `main@sha1:<40 hex>` and the like; see revision.ts. */
  readonly revision: string
  /** `sha256:<64 hex>` of the canonical uncompressed tar: equal trees, equal digest. */
  readonly digest: string
  /** RFC 3339. */
  readonly lastUpdateTime: string
  /** Bytes of the canonical tar. */
  readonly sizeBytes: number
  readonly metadata?: Readonly<Record<string, string>>
}
