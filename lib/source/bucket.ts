import { GetObjectCommand, type S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import pLimit from 'p-limit'
import { createIgnore, ignoreFileName } from '../artifact/ignore.ts'
import { fileAndFolder, showPath } from '../artifact/path.ts'
import type { TreeFile } from '../artifact/tree.ts'
import type { BucketSpec } from '../fleet/bucket.ts'
import { OutboundError } from '../http/outbound-error.ts'
import { type ClientPorts, createBucketClient } from './bucket/client.ts'
import { indexRevision, type ListedObject, listObjects, refuseKeys } from './bucket/listing.ts'
import { bindCredential, type CredentialBinding } from './credential.ts'
import type { FetchedSource, ReadFacts } from './fetched-source.ts'
import { type SourceLimits, sourceLimits } from './limits.ts'
import { printable } from './printable.ts'
import { SourceError, type SourceErrorCode, within } from './source-error.ts'

export type BucketPorts = ClientPorts & {
  readonly binding?: CredentialBinding
  readonly limits?: Partial<SourceLimits>
}

/** What a bucket holds now, by its list. */
export type BucketListing = ReadFacts & {
  readonly revision: string
  /** What belongs to the artifact. */
  readonly objects: readonly ListedObject[]
  /** Text of the root's `.sourceignore`. */
  readonly ignoreFile?: string
}

const maxListBytes = 16 * 1024 * 1024
const maxIgnoreBytes = 1024 * 1024
const parallelDownloads = 16

/**
 * Lists a bucket; nothing of it is downloaded but its ignore file. Only the root's counts, and there are no
 * default rules. Source: source-controller docs/spec/v1/buckets.md.
 */
export async function resolveBucket(spec: BucketSpec, ports: BucketPorts): Promise<BucketListing> {
  const limits = { ...sourceLimits, ...ports.limits }
  const { bucketName } = spec
  const binding = bindCredential(`https://${spec.endpoint}`, ports.credentials, ports.binding)
  const reader = createBucketClient(spec, ports, maxIgnoreBytes)
  const lister = createBucketClient(spec, ports, maxListBytes)
  const [ignoreFile, listed] = await Promise.all([
    tellFault(`failed to get '${ignoreFileName}' from bucket '${bucketName}'`, () =>
      readObject(reader, bucketName, { key: ignoreFileName }),
    ),
    tellFault(`listing objects from bucket '${bucketName}' failed`, () =>
      listObjects(lister, spec, limits),
    ),
  ])
  const text = ignoreFile === undefined ? undefined : Buffer.from(ignoreFile).toString('utf8')
  const objects = selectObjects(listed, spec, text)
  await tellFault(`bucket '${bucketName}' cannot be read`, async () => check(objects, limits))
  const revision = indexRevision(objects)
  return {
    revision,
    objects,
    ...(text === undefined ? {} : { ignoreFile: text }),
    ...(binding === undefined ? {} : { binding }),
    notices: [],
  }
}

/** Downloads what was listed, in parallel. What was deleted since is left out; what changed since fails and may be tried again. */
export async function fetchBucket(
  spec: BucketSpec,
  listing: BucketListing,
  ports: BucketPorts,
): Promise<FetchedSource> {
  const { bucketName } = spec
  const { objects, ignoreFile } = listing
  const largest = objects.reduce((most, { sizeBytes }) => Math.max(most, sizeBytes), 4096)
  const client = createBucketClient(spec, ports, largest)
  const limit = pLimit(parallelDownloads)
  const bodies = await tellFault(`fetch from bucket '${bucketName}' failed`, () =>
    Promise.all(objects.map((object) => limit(() => readObject(client, bucketName, object)))),
  )
  const files = new Map<string, TreeFile>()
  if (ignoreFile !== undefined) files.set(ignoreFileName, plainFile(Buffer.from(ignoreFile)))
  const kept = objects.filter((_, index) => bodies[index] !== undefined)
  for (const [index, { key }] of objects.entries()) {
    const bytes = bodies[index]
    if (bytes !== undefined) files.set(key, plainFile(bytes))
  }
  const { binding, notices } = listing
  return {
    revision: indexRevision(kept),
    files,
    ...(binding === undefined ? {} : { binding }),
    notices,
  }
}

function plainFile(bytes: Uint8Array): TreeFile {
  return { bytes, isExecutable: false }
}

function selectObjects(
  listed: readonly ListedObject[],
  { ignore: specIgnore }: BucketSpec,
  ignoreFile: string | undefined,
): readonly ListedObject[] {
  const ignore = createIgnore({
    ignoreFiles: new Map(ignoreFile === undefined ? [] : [['', ignoreFile]]),
    ...(specIgnore === undefined ? {} : { specIgnore }),
    defaults: 'none',
  })
  return listed.filter(
    ({ key }) => !key.endsWith('/') && key !== ignoreFileName && !ignore(key, false),
  )
}

function check(objects: readonly ListedObject[], { maxTreeBytes }: SourceLimits): void {
  refuseKeys(objects)
  const keys = new Set(objects.map(({ key }) => key))
  if (keys.size < objects.length) {
    throw new SourceError('BucketFailed', 'its list names a key twice', { retryable: true })
  }
  const both = fileAndFolder(keys)
  if (both !== undefined) {
    throw new SourceError('KeyInvalid', `the key ${showPath(both)} is a file and a folder at once`)
  }
  const sizeBytes = objects.reduce((sum, object) => sum + object.sizeBytes, 0)
  if (sizeBytes > maxTreeBytes) {
    throw new SourceError('TooLarge', `its objects hold more than ${maxTreeBytes} bytes`)
  }
}

/** The object's bytes, as long as it is the one that was listed; undefined where it is gone. */
async function readObject(
  client: S3Client,
  bucketName: string,
  object: { readonly key: string; readonly etag?: string; readonly sizeBytes?: number },
): Promise<Uint8Array | undefined> {
  const { key, etag, sizeBytes } = object
  const ifMatch = etag === undefined || etag === '' ? {} : { IfMatch: `"${etag}"` }
  const command = new GetObjectCommand({ Bucket: bucketName, Key: key, ...ifMatch })
  const { Body } = await client.send(command).catch((thrown: unknown) => {
    if (isMissing(thrown)) return { Body: undefined }
    if (statusOf(thrown) === 412) throw changed(key)
    throw thrown
  })
  const bytes = await Body?.transformToByteArray()
  if (bytes !== undefined && sizeBytes !== undefined && bytes.length !== sizeBytes) {
    throw changed(key)
  }
  return bytes
}

function changed(key: string): SourceError {
  const message = `${showPath(key)} changed while the bucket was read`
  return new SourceError('BucketFailed', message, { retryable: true })
}

function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof S3ServiceException ? thrown.$metadata.httpStatusCode : undefined
}

/** The status of an answer that the client could not read, whose own text is for programmers. */
function strangeStatus(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || thrown instanceof S3ServiceException) return undefined
  const answer = '$response' in thrown ? thrown.$response : undefined
  const isAnswer = typeof answer === 'object' && answer !== null && 'statusCode' in answer
  return isAnswer && typeof answer.statusCode === 'number' ? answer.statusCode : undefined
}

function isMissing(thrown: unknown): boolean {
  return statusOf(thrown) === 404 && !isBucketMissing(thrown)
}

function isBucketMissing(thrown: unknown): boolean {
  return thrown instanceof S3ServiceException && thrown.name === 'NoSuchBucket'
}

/** Runs `run`; what it throws is told with the place before it. */
async function tellFault<T>(place: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (thrown) {
    if (isBucketMissing(thrown))
      throw new SourceError('BucketNotFound', `${place}: bucket not found`)
    throw within(`${place}: `, translate(thrown), 'BucketOperationFailed')
  }
}

const codes: Readonly<Partial<Record<OutboundError['code'], SourceErrorCode>>> = {
  AddressRefused: 'UrlInvalid',
  TimedOut: 'TimedOut',
  Aborted: 'Aborted',
  AnswerTooLarge: 'TooLarge',
}

const trustRemedy =
  'a certificate of your own authority is trusted with NODE_EXTRA_CA_CERTS in the environment'

function translate(thrown: unknown): SourceError {
  if (thrown instanceof SourceError) return thrown
  if (thrown instanceof OutboundError) {
    const { code, message, retryable } = thrown
    const text = code === 'TlsInvalid' ? `${message}; ${trustRemedy}` : message
    return new SourceError(codes[code] ?? 'BucketFailed', text, { cause: thrown, retryable })
  }
  const status = statusOf(thrown)
  const strange = strangeStatus(thrown)
  if (strange !== undefined) {
    const text = `the endpoint does not answer as S3 does (status ${strange}); correct spec.endpoint`
    return new SourceError('AnswerInvalid', text, { cause: thrown, retryable: strange >= 500 })
  }
  const text =
    thrown instanceof Error ? `${thrown.name}: ${printable(thrown.message)}` : 'unknown fault'
  const retryable = status === undefined || status >= 500 || status === 429
  return new SourceError('BucketFailed', text, { cause: thrown, retryable })
}
