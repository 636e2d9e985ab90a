import type { Json } from './object.ts'

/** What a runtime offers for numbers that a JavaScript number cannot hold. Newer than TypeScript's own declaration. */
declare global {
  interface JSON {
    rawJSON?(text: string): RawJson
    isRawJSON?(value: unknown): value is RawJson
  }
}

/** Prints as its text with `JSON.stringify`. */
export type RawJson = { readonly rawJSON: string }

/**
 * An integer as JSON carries it: a number up to 2^53, beyond that `JSON.rawJSON`, so that no digit is lost between
 * a manifest and the cluster. Runtimes without it get the nearest number.
 */
export function integerToJson(value: bigint): Json {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  return JSON.rawJSON?.(value.toString()) ?? number
}

/** True for an integer that `integerToJson` could not give as a number. */
export function isRawInteger(value: unknown): value is RawJson {
  return JSON.isRawJSON?.(value) ?? false
}
