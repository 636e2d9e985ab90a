/** How much of a source is read; what lies beyond is an error that says so, never a part. */
export type SourceLimits = {
  /** Of a pack as it comes over the wire. */
  readonly maxPackBytes: number
  readonly maxObjects: number
  readonly maxUnpackedBytes: number
  /** Of the artifact. */
  readonly maxTreeBytes: number
  /** Files and folders of the source, those that are left out included. */
  readonly maxFiles: number
  readonly maxDepth: number
  readonly maxPathLength: number
}

const mebibyte = 1024 * 1024

export const sourceLimits: SourceLimits = {
  maxPackBytes: 256 * mebibyte,
  maxObjects: 250_000,
  maxUnpackedBytes: 768 * mebibyte,
  maxTreeBytes: 256 * mebibyte,
  maxFiles: 200_000,
  maxDepth: 100,
  maxPathLength: 4096,
}
