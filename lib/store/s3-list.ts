import { compareKeys } from './key.ts'
import { acceptAnswer, elementOf, unescapeXml } from './s3-call.ts'
import type { Target } from './s3-write.ts'
import type { ListOptions } from './store.ts'

/** An object as a listing shows it. */
export type S3Entry = { readonly key: string; readonly etag: string; readonly sizeBytes: number }

/** Keys under `prefix + start`, without `prefix`, in S3's own order. No page behind the range or the limit is asked for. */
export async function listObjects(
  target: Target,
  prefix: string,
  start: string,
  options: ListOptions,
): Promise<readonly string[]> {
  return (await listEntries(target, prefix, start, options)).map(({ key }) => key)
}

/** The same with what else a listing tells. */
export async function listEntries(
  target: Target,
  prefix: string,
  start: string,
  { limit = Number.POSITIVE_INFINITY, startAfter, endBefore }: ListOptions,
): Promise<readonly S3Entry[]> {
  const entries: S3Entry[] = []
  let token: string | undefined
  while (entries.length < limit) {
    const page = await readPage(target, {
      prefix: prefix + start,
      'max-keys': String(Math.min(1000, limit - entries.length)),
      ...(startAfter === undefined ? {} : { 'start-after': prefix + startAfter }),
      ...(token === undefined ? {} : { 'continuation-token': token }),
    })
    const own = page.entries.map((entry) => ({ ...entry, key: entry.key.slice(prefix.length) }))
    const inRange = own.filter(
      ({ key }) => endBefore === undefined || compareKeys(key, endBefore) < 0,
    )
    entries.push(...inRange)
    token = inRange.length < own.length ? undefined : page.next
    if (token === undefined) break
  }
  return entries
}

type Page = { readonly entries: readonly S3Entry[]; readonly next: string | undefined }

/** 1,000 keys of 1,024 bytes, each byte encoded as three, and what stands around them. */
const maxPageBytes = 8 * 1024 * 1024

async function readPage(
  { call, bucket, timeoutMs }: Target,
  query: Readonly<Record<string, string>>,
): Promise<Page> {
  const answer = await call({
    service: 's3',
    subdomain: bucket,
    method: 'GET',
    path: '/',
    query: { 'list-type': '2', 'encoding-type': 'url', ...query },
    timeoutMs,
    maxBytes: maxPageBytes,
  })
  const xml = new TextDecoder().decode(acceptAnswer(answer).body)
  const decode = elementOf(xml, 'EncodingType') === 'url' ? decodeKey : (key: string) => key
  const contents = xml.split('<Contents>').slice(1)
  const entries = contents.map((content) => ({
    key: decode(unescapeXml(elementOf(content, 'Key') ?? '')),
    etag: unescapeXml(elementOf(content, 'ETag') ?? ''),
    sizeBytes: Number(elementOf(content, 'Size')) || 0,
  }))
  const isTruncated = elementOf(xml, 'IsTruncated') === 'true'
  const next = unescapeXml(elementOf(xml, 'NextContinuationToken') ?? '')
  return { entries, next: isTruncated && next !== '' ? next : undefined }
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', '%20'))
}
