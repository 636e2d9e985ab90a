import { isJsonObject } from '../manifest/object.ts'
import type { Fetched } from './ports.ts'

/** What a fetch gave, kept for all who ask for the same. */
export type SharedFetch = Fetched & { readonly version: 1 }

/** Narrows a stored record; undefined where it is none of ours. */
export function parseShared(value: unknown): SharedFetch | undefined {
  return isShared(value) ? value : undefined
}

function isShared(value: unknown): value is SharedFetch {
  return (
    isJsonObject(value) &&
    typeof value.revision === 'string' &&
    typeof value.digest === 'string' &&
    typeof value.sizeBytes === 'number'
  )
}
