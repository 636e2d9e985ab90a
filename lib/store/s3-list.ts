import { ListObjectsV2Command, type ListObjectsV2CommandInput } from '@aws-sdk/client-s3'
import { compareKeys } from './key.ts'
import type { Target } from './s3-write.ts'
import type { ListOptions } from './store.ts'

/** Keys under `prefix + start`, without `prefix`, in S3's own order. No page behind the range or the limit is asked for. */
export async function listObjects(
  target: Target,
  prefix: string,
  start: string,
  { limit = Number.POSITIVE_INFINITY, startAfter, endBefore }: ListOptions,
): Promise<readonly string[]> {
  const keys: string[] = []
  let token: string | undefined
  while (keys.length < limit) {
    const page = await readPage(target, {
      Bucket: target.bucket,
      Prefix: prefix + start,
      MaxKeys: Math.min(1000, limit - keys.length),
      StartAfter: startAfter === undefined ? undefined : prefix + startAfter,
      ContinuationToken: token,
    })
    const own = page.keys.map((key) => key.slice(prefix.length))
    const inRange = own.filter((key) => endBefore === undefined || compareKeys(key, endBefore) < 0)
    keys.push(...inRange)
    token = inRange.length < own.length ? undefined : page.next
    if (token === undefined) break
  }
  return keys
}

type Page = { readonly keys: readonly string[]; readonly next: string | undefined }

async function readPage(
  { client, timeoutMs }: Target,
  input: ListObjectsV2CommandInput,
): Promise<Page> {
  const command = new ListObjectsV2Command({ ...input, EncodingType: 'url' })
  const answer = await client.send(command, { abortSignal: AbortSignal.timeout(timeoutMs) })
  const decode = answer.EncodingType === 'url' ? decodeKey : (key: string) => key
  const keys = (answer.Contents ?? []).map(({ Key: key = '' }) => decode(key))
  return { keys, next: answer.IsTruncated ? answer.NextContinuationToken : undefined }
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', '%20'))
}
