/**
 * State with conditional writes: S3 on AWS, files locally, memory in tests.
 * A key is made of segments joined by `/`; a segment is any text but empty, `.` and `..`, and holds no control characters.
 * A write is atomic: a reader sees the record before it or after it. Every method throws StoreError
 * when the store cannot be reached (retryable) or the key is malformed.
 */
export type Store = {
  readonly get: (key: string) => Promise<StoredRecord | undefined>
  /** The new etag, or undefined where the condition did not hold and nothing was written. */
  readonly put: (
    key: string,
    body: Uint8Array | string,
    condition?: PutCondition,
  ) => Promise<string | undefined>
  /** False where the condition did not hold; deleting what is not there is true. */
  readonly delete: (key: string, condition?: { readonly ifMatch: string }) => Promise<boolean>
  /** Keys that start with `prefix`, sorted by UTF-8 bytes. */
  readonly list: (prefix: string, options?: ListOptions) => Promise<readonly string[]>
}

export type StoredRecord = { readonly body: Uint8Array; readonly etag: string }

/** `ifNoneMatch: '*'`: only where the key is not there yet. */
export type PutCondition = { readonly ifMatch: string } | { readonly ifNoneMatch: '*' }

export type ListOptions = {
  /** At most so many keys; all of them by default. */
  readonly limit?: number
  /** Only keys behind this one. */
  readonly startAfter?: string
  /** Only keys before this one: a range costs in proportion to what is in it. */
  readonly endBefore?: string
}
