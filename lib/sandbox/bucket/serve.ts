import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Buckets } from './buckets.ts'
import { checkReadCondition, checkWriteCondition, type Headers } from './conditions.ts'
import { faults, type S3Fault } from './faults.ts'
import { listDocument } from './list.ts'
import type { ObjectInfo, Objects } from './objects.ts'
import { readPayload } from './payload.ts'
import { element, errorDocument, textsOf, xmlDocument } from './xml.ts'

const maxKeyBytes = 1024

type Call = {
  readonly buckets: Buckets
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly bucket: string
  readonly key: string
  readonly query: URLSearchParams
}

/** One request of the S3 API. */
export async function serveS3(
  buckets: Buckets,
  accessKey: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '', search = ''] = (request.url ?? '/').split('?', 2)
  const [, bucket = '', rest = ''] = /^\/([^/]*)\/?(.*)$/s.exec(path) ?? []
  const query = new URLSearchParams(search)
  const call: Call = { buckets, request, response, bucket, key: decodeKey(rest), query }
  const fault = checkAccess(request, query, accessKey) ?? (await dispatch(call))
  if (fault !== undefined) refuse(response, fault, path, request.method === 'HEAD')
}

function checkAccess(
  request: IncomingMessage,
  query: URLSearchParams,
  accessKey: string | undefined,
): S3Fault | undefined {
  if (accessKey === undefined) return undefined
  const header = request.headers.authorization ?? ''
  const credential =
    /Credential=([^/,\s]+)\//.exec(header)?.[1] ?? query.get('X-Amz-Credential')?.split('/', 1)[0]
  if (credential === undefined) return 'AccessDenied'
  return credential === accessKey ? undefined : 'InvalidAccessKeyId'
}

async function dispatch(call: Call): Promise<S3Fault | undefined> {
  const { buckets, bucket, key, request } = call
  if (bucket === '') return 'MethodNotAllowed'
  if (!buckets.isAllowed(bucket)) return 'InvalidBucketName'
  if (Buffer.byteLength(key) > maxKeyBytes) return 'KeyTooLongError'
  if (key === '' && request.method === 'PUT') return createBucket(call)
  const objects = await buckets.open(bucket)
  if (objects === undefined) return 'NoSuchBucket'
  return key === '' ? onBucket(call, objects) : onObject(call, objects)
}

async function createBucket({ buckets, bucket, response }: Call): Promise<undefined> {
  await buckets.create(bucket)
  response.writeHead(200, { location: `/${bucket}` }).end()
}

async function onBucket(call: Call, objects: Objects): Promise<S3Fault | undefined> {
  const { request, response, bucket, query } = call
  if (request.method === 'HEAD') {
    response.writeHead(200, { 'x-amz-bucket-region': 'us-east-1' }).end()
    return undefined
  }
  if (request.method === 'POST' && query.has('delete')) return removeMany(call)
  if (request.method !== 'GET') return 'MethodNotAllowed'
  if (query.has('location')) {
    respondXml(response, xmlDocument('<LocationConstraint></LocationConstraint>'))
    return undefined
  }
  if (query.get('list-type') !== '2') return 'NotImplemented'
  respondXml(response, listDocument(bucket, objects, query))
  return undefined
}

async function onObject(call: Call, objects: Objects): Promise<S3Fault | undefined> {
  switch (call.request.method) {
    case 'GET':
    case 'HEAD':
      return read(call, objects)
    case 'PUT':
      return write(call)
    case 'DELETE':
      return remove(call)
    default:
      return 'NotImplemented'
  }
}

async function read(call: Call, objects: Objects): Promise<S3Fault | undefined> {
  const { request, response, key } = call
  const found = await objects.read(key)
  if (found === undefined) return 'NoSuchKey'
  const stopped = checkReadCondition(request.headers, found)
  if (stopped === 412) return 'PreconditionFailed'
  const headers = describe(found)
  if (stopped === 304) {
    response.writeHead(304, headers).end()
    return undefined
  }
  const range = rangeOf(request.headers.range, found.sizeBytes)
  if (range === 'unsatisfiable') return 'InvalidRange'
  const body = range === undefined ? found.body : found.body.subarray(range.start, range.end + 1)
  const part =
    range === undefined
      ? {}
      : { 'content-range': `bytes ${range.start}-${range.end}/${found.sizeBytes}` }
  response.writeHead(range === undefined ? 200 : 206, {
    ...headers,
    ...part,
    'content-length': body.byteLength,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
  return undefined
}

function describe(info: ObjectInfo): Record<string, string> {
  return {
    'content-type': 'binary/octet-stream',
    ...info.headers,
    etag: info.etag,
    'last-modified': new Date(info.modified).toUTCString(),
    'accept-ranges': 'bytes',
  }
}

type Range = { readonly start: number; readonly end: number }

function rangeOf(header: string | undefined, size: number): Range | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '' && last === '') return undefined
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(size - 1, Number(last))
  return start >= size || end < start ? 'unsatisfiable' : { start, end }
}

async function write(call: Call): Promise<S3Fault | undefined> {
  const { buckets, request, response, bucket, key, query } = call
  const { headers } = request
  if (query.has('uploadId') || headers['x-amz-copy-source'] !== undefined) return 'NotImplemented'
  const body = await readPayload(request)
  if (typeof body === 'string') return body
  const written = await buckets.write(bucket, key, body, keptHeaders(headers), (current) =>
    checkWriteCondition(headers, current),
  )
  if ('fault' in written) return written.fault
  response.writeHead(200, { etag: written.info.etag }).end()
  return undefined
}

async function remove({
  buckets,
  request,
  response,
  bucket,
  key,
}: Call): Promise<S3Fault | undefined> {
  const fault = await buckets.remove(bucket, key, (current) =>
    checkWriteCondition(request.headers, current),
  )
  if (fault === undefined) response.writeHead(204).end()
  return fault
}

async function removeMany({
  buckets,
  request,
  response,
  bucket,
}: Call): Promise<S3Fault | undefined> {
  const body = await readPayload(request)
  if (typeof body === 'string') return body
  const keys = textsOf(Buffer.from(body).toString('utf8'), 'Key')
  for (const key of keys) await buckets.remove(bucket, key, () => undefined)
  const deleted = keys.map((key) => element('Deleted', [element('Key', key)]))
  respondXml(response, xmlDocument(element('DeleteResult', deleted)))
  return undefined
}

function keptHeaders(headers: Headers): Record<string, string> {
  const names = ['content-type', 'cache-control', 'content-disposition', 'content-language']
  const kept = Object.entries(headers).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' &&
      (names.includes(entry[0]) || entry[0].startsWith('x-amz-meta-')),
  )
  return Object.fromEntries(kept)
}

function decodeKey(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

function respondXml(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/xml' }).end(body)
}

function refuse(response: ServerResponse, fault: S3Fault, path: string, isHead: boolean): void {
  const [status, message] = faults[fault]
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(isHead ? undefined : errorDocument(fault, message, path))
}
