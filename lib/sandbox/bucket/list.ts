import type { ObjectInfo, Objects } from './objects.ts'
import { element, xmlDocument } from './xml.ts'

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'
const maxPage = 1000

/** ListObjectsV2: a page of keys in order, those behind a delimiter rolled up into their common prefix. */
export function listDocument(bucket: string, objects: Objects, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? ''
  const delimiter = query.get('delimiter') ?? ''
  const isEncoded = query.get('encoding-type') === 'url'
  const limit = Math.min(maxPage, Number(query.get('max-keys') ?? maxPage) || 0)
  const token = query.get('continuation-token')
  const after = token === null ? (query.get('start-after') ?? '') : decodeToken(token)
  const entries = rollUp(objects.list(prefix), prefix, delimiter).filter(
    ({ name }) => Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0,
  )
  const page = entries.slice(0, limit)
  const isTruncated = entries.length > page.length
  const show = (text: string): string => (isEncoded ? encodeURIComponent(text) : text)
  const root = [
    element('Name', bucket),
    element('Prefix', show(prefix)),
    ...(delimiter === '' ? [] : [element('Delimiter', show(delimiter))]),
    element('KeyCount', page.length),
    element('MaxKeys', limit),
    ...(isEncoded ? [element('EncodingType', 'url')] : []),
    element('IsTruncated', isTruncated),
    ...(token === null ? [] : [element('ContinuationToken', token)]),
    ...(isTruncated
      ? [element('NextContinuationToken', encodeToken(page.at(-1)?.name ?? after))]
      : []),
    ...page.map(({ name, info }) =>
      info === undefined
        ? element('CommonPrefixes', [element('Prefix', show(name))])
        : element('Contents', contents(info, show)),
    ),
  ]
  return xmlDocument(`<ListBucketResult xmlns="${namespace}">${root.join('')}</ListBucketResult>`)
}

/** `info` is absent for a common prefix. */
type Entry = { readonly name: string; readonly info?: ObjectInfo }

function rollUp(
  objects: readonly ObjectInfo[],
  prefix: string,
  delimiter: string,
): readonly Entry[] {
  if (delimiter === '') return objects.map((info) => ({ name: info.key, info }))
  const entries = new Map<string, Entry>()
  for (const info of objects) {
    const end = info.key.indexOf(delimiter, prefix.length)
    const name = end < 0 ? info.key : info.key.slice(0, end + delimiter.length)
    entries.set(name, end < 0 ? { name, info } : { name })
  }
  return [...entries.values()]
}

function contents(info: ObjectInfo, show: (text: string) => string): readonly string[] {
  return [
    element('Key', show(info.key)),
    element('LastModified', info.modified),
    element('ETag', info.etag),
    element('Size', info.sizeBytes),
    element('StorageClass', 'STANDARD'),
  ]
}

function encodeToken(name: string): string {
  return Buffer.from(name, 'utf8').toString('base64url')
}

function decodeToken(token: string): string {
  return Buffer.from(token, 'base64url').toString('utf8')
}
