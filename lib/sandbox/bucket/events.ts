import { randomUUID } from 'node:crypto'
import type { JsonObject } from '../../manifest/object.ts'

export type BucketChange = {
  readonly bucket: string
  readonly key: string
  readonly isCreated: boolean
  readonly etag: string
  readonly sizeBytes: number
  readonly time: string
  /** Hexadecimal, rising with each change of a key. */
  readonly sequencer: string
}

/** One change in both forms in which S3 tells it. */
export type BucketEvent = BucketChange & {
  /** A notification straight from the bucket: `{ Records: […] }`, the key URL-encoded. */
  readonly direct: JsonObject
  /** The event as EventBridge hands it on, the key as it is. */
  readonly eventBridge: JsonObject
}

const region = 'us-east-1'
const account = '123456789012'

export function bucketEvent(change: BucketChange): BucketEvent {
  return { ...change, direct: directEvent(change), eventBridge: eventBridgeEvent(change) }
}

function directEvent(change: BucketChange): JsonObject {
  const { bucket, key, isCreated, etag, sizeBytes, time, sequencer } = change
  const written = isCreated ? { size: sizeBytes, eTag: etag.replaceAll('"', '') } : {}
  return {
    Records: [
      {
        eventVersion: '2.1',
        eventSource: 'aws:s3',
        awsRegion: region,
        eventTime: time,
        eventName: isCreated ? 'ObjectCreated:Put' : 'ObjectRemoved:Delete',
        userIdentity: { principalId: `AWS:${account}` },
        requestParameters: { sourceIPAddress: '127.0.0.1' },
        responseElements: { 'x-amz-request-id': sequencer, 'x-amz-id-2': sequencer },
        s3: {
          s3SchemaVersion: '1.0',
          configurationId: 'sandbox',
          bucket: {
            name: bucket,
            ownerIdentity: { principalId: account },
            arn: `arn:aws:s3:::${bucket}`,
          },
          object: { key: encodeKey(key), ...written, sequencer },
        },
      },
    ],
  }
}

function eventBridgeEvent(change: BucketChange): JsonObject {
  const { bucket, key, isCreated, etag, sizeBytes, time, sequencer } = change
  const written = isCreated ? { size: sizeBytes, etag: etag.replaceAll('"', '') } : {}
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': isCreated ? 'Object Created' : 'Object Deleted',
    source: 'aws.s3',
    account,
    time: `${time.slice(0, 19)}Z`,
    region,
    resources: [`arn:aws:s3:::${bucket}`],
    detail: {
      version: '0',
      bucket: { name: bucket },
      object: { key, ...written, sequencer },
      'request-id': sequencer,
      requester: account,
      'source-ip-address': '127.0.0.1',
      reason: isCreated ? 'PutObject' : 'DeleteObject',
      ...(isCreated ? {} : { 'deletion-type': 'Permanently Deleted' }),
    },
  }
}

/** As S3 encodes keys in direct notifications: `+` for a space, slashes as they are. */
function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/')
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
