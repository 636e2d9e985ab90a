import { isJsonObject, type Json, type KubeObject, textAt } from '../manifest/object.ts'
import { ClusterError, type FieldFault } from './cluster-error.ts'

/** What stands in place of a value that must not be shown. */
export const mask = '***'

/** True for a Secret of the core group: its values must never leave memory in clear. */
export function isSecret(object: Pick<KubeObject, 'apiVersion' | 'kind'>): boolean {
  return object.kind === 'Secret' && object.apiVersion === 'v1'
}

/**
 * The error of a request that carried a Secret, without its values: the API server quotes what it
 * finds wrong (`data[key]: Invalid value: "…"`), and a decoder quotes what it stumbled over.
 */
export function withoutSecretValues(error: ClusterError, object: Json | undefined): ClusterError {
  const values = secretValues(object)
  const clean = (text: string): string => maskQuoted(maskValues(text, values))
  return new ClusterError(error.code, clean(error.message), {
    data: {
      ...(error.status === undefined ? {} : { status: error.status }),
      apiReason: error.apiReason,
      causes: error.causes.map(
        (cause): FieldFault => ({ ...cause, message: clean(cause.message) }),
      ),
    },
    retryable: error.retryable,
    ...(error.retryAfterSeconds === undefined
      ? {}
      : { retryAfterSeconds: error.retryAfterSeconds }),
  })
}

/** Every text under data and stringData, plain and in base64, longest first. */
function secretValues(object: Json | undefined): readonly string[] {
  if (!isJsonObject(object)) return []
  const plain = [...texts(object.stringData), ...texts(object.data).flatMap(decoded)]
  const all = [...plain, ...plain.map(encoded), ...texts(object.data)]
  const escaped = all.map((text) => JSON.stringify(text).slice(1, -1))
  return [...new Set([...all, ...escaped])]
    .filter((text) => text.length > 3)
    .sort((a, b) => b.length - a.length)
}

function texts(value: Json | undefined): readonly string[] {
  if (!isJsonObject(value)) return []
  return Object.keys(value)
    .map((key) => (typeof value[key] === 'number' ? String(value[key]) : textAt(value, key)))
    .filter((text) => text !== '')
}

function decoded(text: string): readonly string[] {
  try {
    return [new TextDecoder().decode(Uint8Array.from(atob(text), (char) => char.charCodeAt(0)))]
  } catch {
    return []
  }
}

function encoded(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text).slice(0, 65_536)))
}

function maskValues(text: string, values: readonly string[]): string {
  return values.reduce((masked, value) => masked.replaceAll(value, mask), text)
}

/** `Invalid value: "short"` and `Unsupported value: 5`, whatever the value: too short to be looked for. */
function maskQuoted(text: string): string {
  return text
    .replace(/\b(value: )(?:"(?:[^"\\]|\\.)*"|[^\s:,\]]+)/g, `$1${mask}`)
    .replace(/(expected \w+, got ).*/g, `$1${mask}`)
    .replace(/\|[^|]*\|/g, `|${mask}|`)
}
