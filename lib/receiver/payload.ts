import { createHash } from 'node:crypto'
import { isJsonObject, type Json, type JsonObject } from '../manifest/object.ts'
import { signedText } from './proof.ts'
import type { Inbound } from './verdict.ts'

/**
 * The JSON object a proven body holds, also where the sender posts it as the field `payload` of a form
 * (GitHub's default content type). Undefined where there is none.
 */
export function readPayload({ headers, body }: Inbound): JsonObject | undefined {
  const text = signedText(body)
  if (text === undefined) return undefined
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? '')
  return parseObject(isForm ? (new URLSearchParams(text).get('payload') ?? '') : text)
}

/** The object under `key`, or an empty one. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = valueAt(object, key)
  return isJsonObject(value) ? value : {}
}

export function valueAt(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

export function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * What makes a delivery the double of another: the id its sender gave it, or the hash of its body where
 * that is missing or nothing to build a key of.
 */
export function deliveryId(sender: string, given: string | null, body: Uint8Array): string {
  const isUsable = given !== null && /^[\w.:-]{1,128}$/.test(given)
  return `${sender}:${isUsable ? given : createHash('sha256').update(body).digest('hex')}`
}
