import { createHash } from 'node:crypto'
import { isJsonObject, type JsonObject, textAt } from '../manifest/object.ts'
import { objectAt, parseObject, valueAt } from './payload.ts'
import { isOneOf, signedText } from './proof.ts'
import {
  type Dismissal,
  type Inbound,
  ignored,
  malformed,
  refused,
  type SourceChange,
  type Verdict,
} from './verdict.ts'

/** An S3 event posted to the local door, proven by a bearer token that both sides know. */
export function receiveS3(inbound: Inbound, secrets: readonly string[]): Verdict {
  const given = inbound.headers.get('authorization') ?? ''
  const token = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(given)?.[1] ?? ''
  if (!isOneOf(token, secrets)) return refused
  // No sender of such events posts forms: only curl says so of what it is given.
  const payload = parseObject(signedText(inbound.body) ?? '')
  return payload === undefined ? malformed('the body is no JSON object') : readS3Event(payload)
}

/**
 * The objects that an event names: a direct notification (keys URL-encoded), EventBridge's envelope
 * (keys as they are), or a direct one that came through SNS or SQS. Also what a function is invoked with.
 */
export function readS3Event(event: JsonObject): Verdict {
  const reading = readEvent(event, 0)
  if ('outcome' in reading) return reading
  const { facts } = reading
  const changes = new Map<string, SourceChange>()
  for (const { bucket, key } of facts) changes.set(`${bucket}/${key}`, { bucket, key })
  return { outcome: 'change', changes: [...changes.values()], deliveryId: idOf(facts) }
}

type ObjectFact = { readonly bucket: string; readonly key: string; readonly version: string }
type Reading = { readonly facts: readonly ObjectFact[] } | Dismissal

const maxRecords = 1000
const maxNesting = 3

function readEvent(event: JsonObject, nesting: number): Reading {
  if (textAt(event, 'Event') === 's3:TestEvent') return { outcome: 'ping' }
  if (textAt(event, 'detail-type') !== '') return readEnvelope(event)
  if (nesting < maxNesting && textAt(event, 'Type') === 'Notification') {
    return readWrapped(textAt(event, 'Message'), nesting)
  }
  const records = valueAt(event, 'Records')
  if (!Array.isArray(records)) return ignored('no S3 event')
  if (records.length > maxRecords) return malformed(`more than ${maxRecords} records`)
  return merge(records.map((record) => readRecord(record, nesting)))
}

function readWrapped(text: string, nesting: number): Reading {
  const inner = parseObject(text)
  return inner === undefined
    ? malformed('a message holds no JSON object')
    : readEvent(inner, nesting + 1)
}

function readRecord(record: unknown, nesting: number): Reading {
  if (!isJsonObject(record)) return malformed('a record is no object')
  const body = textAt(record, 'body') || textAt(objectAt(record, 'Sns'), 'Message')
  if (body !== '' && nesting < maxNesting) return readWrapped(body, nesting)
  const name = textAt(record, 'eventName').replace(/^s3:/, '')
  if (!/^(?:ObjectCreated|ObjectRemoved|LifecycleExpiration):/.test(name)) {
    return ignored('neither created nor removed')
  }
  const s3 = objectAt(record, 's3')
  const object = objectAt(s3, 'object')
  return readFact({
    bucket: textAt(objectAt(s3, 'bucket'), 'name'),
    key: decodeKey(textAt(object, 'key')),
    version: [
      textAt(object, 'versionId') || textAt(object, 'eTag'),
      textAt(object, 'sequencer') || textAt(record, 'eventTime'),
      name.split(':')[0],
    ].join('|'),
  })
}

/** EventBridge also tells of tags, access lists and storage classes. */
function readEnvelope(event: JsonObject): Reading {
  const type = textAt(event, 'detail-type')
  if (textAt(event, 'source') !== 'aws.s3') return ignored('not from aws.s3')
  if (type !== 'Object Created' && type !== 'Object Deleted') return ignored('another detail-type')
  const detail = objectAt(event, 'detail')
  const object = objectAt(detail, 'object')
  return readFact({
    bucket: textAt(objectAt(detail, 'bucket'), 'name'),
    key: textAt(object, 'key'),
    version: [
      textAt(object, 'version-id') || textAt(object, 'etag'),
      textAt(object, 'sequencer') || textAt(event, 'time'),
      type === 'Object Created' ? 'ObjectCreated' : 'ObjectRemoved',
    ].join('|'),
  })
}

function readFact(fact: Omit<ObjectFact, 'key'> & { readonly key: string | undefined }): Reading {
  const { bucket, key, version } = fact
  if (!/^[\w.-]{1,255}$/.test(bucket)) return malformed('a bucket has no usable name')
  if (key === undefined || key === '' || key.length > 1024) return malformed('a key is not usable')
  return { facts: [{ bucket, key, version }] }
}

/** One bad record does not lose the good ones. */
function merge(readings: readonly Reading[]): Reading {
  const facts = readings.flatMap((reading) => ('facts' in reading ? reading.facts : []))
  if (facts.length > 0) return { facts: facts.slice(0, maxRecords) }
  const dismissals = readings.filter((reading) => 'outcome' in reading)
  return (
    dismissals.find(({ outcome }) => outcome === 'malformed') ??
    dismissals.find(({ outcome }) => outcome === 'ping') ??
    ignored('no object was created or removed')
  )
}

/** `m%2Fa+b%2B%C3%A9.yaml` → `m/a b+é.yaml`; undefined where it is not encoded as S3 does. */
function decodeKey(key: string): string | undefined {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '))
  } catch {
    return undefined
  }
}

/** The same objects in the same versions are one delivery, whichever way the event came. */
function idOf(facts: readonly ObjectFact[]): string {
  const hash = createHash('sha256')
  for (const { bucket, key, version } of facts) hash.update(JSON.stringify([bucket, key, version]))
  return `s3:${hash.digest('hex')}`
}
