import { parseAllDocuments } from 'yaml'
import { isJsonObject, isKubeObject, type KubeObject, textAt } from '../manifest/object.ts'
import { SecretError } from './secret-error.ts'
import type { SecretData, SecretKind } from './secret-store.ts'

/** A Secret or ConfigMap as it stands in a file; `data` decodes it. */
export type SecretManifest = {
  readonly kind: SecretKind
  readonly namespace: string
  readonly name: string
  /** Throws `SecretMalformed` where a value is no text or no base64. */
  readonly data: () => SecretData
}

/** Secrets and ConfigMaps in a YAML file; other objects are passed over. `path` is for messages. */
export function readManifests(path: string, text: string): readonly SecretManifest[] {
  const parsed = parseAllDocuments(text, { merge: true, logLevel: 'silent' })
  const documents = Array.isArray(parsed) ? parsed : []
  return documents.flatMap((document) => {
    const [error] = document.errors
    if (error !== undefined) {
      const line = error.linePos?.[0].line ?? 1
      // The parser's message quotes the line, which may be a secret.
      throw malformed(`${path}:${line}`, 'the YAML cannot be read')
    }
    return objectsIn(plainValue(path, document)).flatMap((object) => manifestOf(path, object))
  })
}

function plainValue(
  path: string,
  document: { toJS: (options: { maxAliasCount: number }) => unknown },
): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    throw malformed(path, 'the YAML has too many aliases, or one that leads nowhere')
  }
}

function objectsIn(value: unknown): readonly KubeObject[] {
  if (isJsonObject(value) && Array.isArray(value.items)) return value.items.filter(isKubeObject)
  return isKubeObject(value) ? [value] : []
}

function manifestOf(path: string, object: KubeObject): readonly SecretManifest[] {
  const { kind, apiVersion } = object
  if (apiVersion !== 'v1' || (kind !== 'Secret' && kind !== 'ConfigMap')) return []
  const name = object.metadata.name
  const place = `${path}: ${kind}/${name}`
  return [
    {
      kind,
      name,
      namespace: textAt(object.metadata, 'namespace'),
      data: () => dataOf(place, object),
    },
  ]
}

/** `stringData` of a Secret, and `data` of a ConfigMap, are texts; the other fields are base64. */
function dataOf(place: string, object: KubeObject): SecretData {
  const isSecret = object.kind === 'Secret'
  const encoded = entriesOf(place, object, isSecret ? 'data' : 'binaryData')
  const plain = entriesOf(place, object, isSecret ? 'stringData' : 'data')
  return new Map([
    ...encoded.map(([key, text]) => [key, decodeBase64(place, key, text)] as const),
    ...plain.map(([key, text]) => [key, new TextEncoder().encode(text)] as const),
  ])
}

function entriesOf(
  place: string,
  object: KubeObject,
  field: string,
): readonly (readonly [string, string])[] {
  const value = object[field]
  if (value === undefined || value === null) return []
  if (!isJsonObject(value)) throw malformed(place, `${field} must be a map`)
  return Object.entries(value).map(([key, text]) => {
    if (typeof text !== 'string') throw malformed(place, `${field}.${key} must be text in quotes`)
    return [key, text] as const
  })
}

function decodeBase64(place: string, key: string, text: string): Uint8Array {
  const compact = text.replace(/\s/g, '')
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || compact.length % 4 !== 0) {
    throw malformed(place, `data.${key} must be base64; plain text belongs into stringData`)
  }
  return new Uint8Array(Buffer.from(compact, 'base64'))
}

function malformed(place: string, fault: string): SecretError {
  return new SecretError('SecretMalformed', `${place}: ${fault}`)
}
