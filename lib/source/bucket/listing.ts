import { createHash } from 'node:crypto'
import {
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3'
import { pathFault, showPath } from '../../artifact/path.ts'
import { SourceError } from '../source-error.ts'

/** An object of the bucket that belongs to the artifact. */
export type ListedObject = {
  readonly key: string
  /** Without quotes. */
  readonly etag: string
  readonly sizeBytes: number
}

export type ListedBucket = { readonly bucketName: string; readonly prefix: string }

export type ListingLimits = { readonly maxFiles: number; readonly maxTreeBytes: number }

const pageSize = 1000

/** Lists all objects below a prefix. Throws where the list is not whole: what is missing in it would be deleted. */
export async function listObjects(
  client: S3Client,
  bucket: ListedBucket,
  { maxFiles }: ListingLimits,
): Promise<readonly ListedObject[]> {
  const objects: ListedObject[] = []
  const tokens = new Set<string>()
  let token: string | undefined
  do {
    const page = await client.send(pageCommand(bucket, token))
    objects.push(...objectsOf(page))
    if (objects.length > maxFiles) {
      throw new SourceError('TooLarge', `it holds more than ${maxFiles} objects`)
    }
    token = nextToken(page)
    if (token !== undefined && tokens.has(token)) throw incomplete()
    tokens.add(token ?? '')
  } while (token !== undefined)
  return objects
}

function pageCommand(bucket: ListedBucket, token: string | undefined): ListObjectsV2Command {
  return new ListObjectsV2Command({
    Bucket: bucket.bucketName,
    EncodingType: 'url',
    MaxKeys: pageSize,
    ...(bucket.prefix === '' ? {} : { Prefix: bucket.prefix }),
    ...(token === undefined ? {} : { ContinuationToken: token }),
  })
}

/** Where the list goes on; undefined at its end. A page that does not say whether it is the last is none of S3's. */
function nextToken(page: ListObjectsV2CommandOutput): string | undefined {
  const { IsTruncated, NextContinuationToken, KeyCount = 0, Contents = [] } = page
  if (IsTruncated === undefined || KeyCount > Contents.length) throw incomplete()
  if (IsTruncated && NextContinuationToken === undefined) throw incomplete()
  return IsTruncated ? NextContinuationToken : undefined
}

function objectsOf(page: ListObjectsV2CommandOutput): readonly ListedObject[] {
  const isEncoded = page.EncodingType === 'url'
  return (page.Contents ?? []).map(({ Key, ETag, Size }) => {
    if (Key === undefined || ETag === undefined) throw incomplete()
    const key = isEncoded ? decodeKey(Key) : Key
    return { key, etag: ETag.replace(/^"|"$/g, ''), sizeBytes: Size ?? 0 }
  })
}

/** Throws an error that names the keys which have no place in an artifact, each with its reason. */
export function refuseKeys(objects: readonly ListedObject[]): void {
  const faults = objects.flatMap(({ key }) => {
    const why = keyFault(key)
    return why === undefined ? [] : [`${showPath(key)} ${why}`]
  })
  if (faults.length === 0) return
  const rest = faults.length > maxNamed ? ` and ${faults.length - maxNamed} more` : ''
  throw new SourceError(
    'KeyInvalid',
    `its keys cannot be files: ${faults.slice(0, maxNamed).join('; ')}${rest}: rename them, or leave them out with .sourceignore`,
  )
}

const maxNamed = 10

/** Stricter than git's names: a key may be any text, and some tool behind us may take it apart. */
function keyFault(key: string): string | undefined {
  if (key.includes('\\')) return 'holds a backslash'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(key)) return 'holds a control character'
  if (key.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))) {
    return 'holds a segment that leads elsewhere'
  }
  return pathFault(key)
}

/** `sha256:` of the lines `key etag` in order of the keys' bytes. Source: source-controller, internal/index. */
export function indexRevision(objects: readonly ListedObject[]): string {
  const lines = objects
    .map(({ key, etag }) => ({ bytes: Buffer.from(key), etag }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
  const hash = createHash('sha256')
  for (const { bytes, etag } of lines) hash.update(bytes).update(` ${etag}\n`)
  return `sha256:${hash.digest('hex')}`
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', '%20'))
  } catch (cause) {
    throw new SourceError('BucketFailed', `the key ${showPath(key)} cannot be decoded`, { cause })
  }
}

function incomplete(): SourceError {
  return new SourceError('BucketFailed', 'the list of its objects is incomplete', {
    retryable: true,
  })
}
