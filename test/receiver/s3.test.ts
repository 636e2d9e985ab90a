import { describe, expect, it } from 'vitest'
import { readS3Event, receiveS3 } from '../../lib/receiver/s3.ts'
import { inboundOf, secret } from './deliveries.ts'

const record = {
  eventVersion: '2.1',
  eventSource: 'aws:s3',
  eventTime: '2026-11-23T10:00:00.000Z',
  eventName: 'ObjectCreated:Put',
  s3: {
    bucket: { name: 'fleet' },
    object: { key: 'm/a+b%2B%C3%A9.yaml', eTag: 'd41d8cd9', sequencer: '0055AED6DCD90281E5' },
  },
}
const envelope = {
  version: '0',
  'detail-type': 'Object Created',
  source: 'aws.s3',
  time: '2026-11-23T10:00:00Z',
  detail: {
    bucket: { name: 'fleet' },
    object: { key: 'm/a b+é.yaml', etag: 'd41d8cd9', sequencer: '0055AED6DCD90281E5' },
  },
}
const change = { bucket: 'fleet', key: 'm/a b+é.yaml' }

function direct(...changes: object[]) {
  return { Records: changes.map((entry) => ({ ...record, ...entry })) }
}

describe('readS3Event', () => {
  it('decodes the keys of a direct notification, and leaves those of EventBridge alone', () => {
    expect(readS3Event({ Records: [record] })).toMatchObject({ changes: [change] })
    expect(readS3Event(envelope)).toMatchObject({ changes: [change] })
    const raw = { ...envelope.detail, object: { key: '100%25+x' } }
    expect(readS3Event({ ...envelope, detail: raw })).toMatchObject({
      changes: [{ key: '100%25+x' }],
    })
  })

  it('gives the same object version one delivery id, whichever way it came', () => {
    const wrapped = { Records: [{ body: JSON.stringify({ Records: [record] }) }] }
    const ids = [{ Records: [record] }, envelope, wrapped].map((event) => readS3Event(event))
    expect(new Set(ids.map((verdict) => 'deliveryId' in verdict && verdict.deliveryId)).size).toBe(
      1,
    )
    const later = { ...record.s3, object: { ...record.s3.object, sequencer: '0055AED6DCD90281E6' } }
    expect(readS3Event(direct({ s3: later }))).not.toEqual(ids[0])
  })

  it('opens what came through SNS, SQS, or both', () => {
    const text = JSON.stringify({ Records: [record] })
    const notification = { Type: 'Notification', Message: text }
    for (const event of [
      notification,
      { Records: [{ EventSource: 'aws:sns', Sns: { Message: text } }] },
      { Records: [{ eventSource: 'aws:sqs', body: JSON.stringify(notification) }] },
    ]) {
      expect(readS3Event(event)).toMatchObject({ outcome: 'change', changes: [change] })
    }
  })

  it('takes removals and expirations, and names an object once', () => {
    const names = ['ObjectRemoved:Delete', 's3:ObjectCreated:Copy', 'LifecycleExpiration:Delete']
    expect(readS3Event(direct(...names.map((eventName) => ({ eventName }))))).toMatchObject({
      outcome: 'change',
      changes: [change],
    })
    expect(readS3Event({ ...envelope, 'detail-type': 'Object Deleted' })).toMatchObject({
      outcome: 'change',
    })
  })

  it('answers the test event as a ping', () => {
    const test = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'fleet' }
    expect(readS3Event(test)).toEqual({ outcome: 'ping' })
    expect(readS3Event({ Records: [{ body: JSON.stringify(test) }] })).toEqual({ outcome: 'ping' })
  })

  it('keeps the good records of a delivery that holds bad ones', () => {
    const event = { Records: [null, 'x', { ...record, s3: null }, record] }
    expect(readS3Event(event)).toMatchObject({ outcome: 'change', changes: [change] })
  })

  it.each([
    ['tags', direct({ eventName: 'ObjectTagging:Put' }), 'ignored'],
    ['a restore', { ...envelope, 'detail-type': 'Object Tags Added' }, 'ignored'],
    ['another source', { ...envelope, source: 'my.app' }, 'ignored'],
    ['no records', { Records: [] }, 'ignored'],
    ['nothing known', { hello: 'world' }, 'ignored'],
    ['records that are no list', { Records: { 0: record } }, 'ignored'],
    ['too many records', { Records: Array.from({ length: 1001 }, () => record) }, 'malformed'],
    ['no bucket', direct({ s3: { object: { key: 'a' } } }), 'malformed'],
    ['a wrong escape', direct({ s3: { ...record.s3, object: { key: '%zz' } } }), 'malformed'],
    ['no key', direct({ s3: { ...record.s3, object: {} } }), 'malformed'],
    [
      'a bucket that is a path',
      direct({ s3: { ...record.s3, bucket: { name: '../x' } } }),
      'malformed',
    ],
    ['a message that is no JSON', { Type: 'Notification', Message: '{' }, 'malformed'],
  ])('answers %s', (_, event, outcome) => {
    expect(readS3Event(event).outcome).toBe(outcome)
  })

  it('stops at the third wrapping', () => {
    const wrap = (inner: object) => ({ Type: 'Notification', Message: JSON.stringify(inner) })
    const deep = Array.from({ length: 6 }).reduce<object>(wrap, { Records: [record] })
    expect(readS3Event(JSON.parse(JSON.stringify(deep))).outcome).toBe('ignored')
  })
})

describe('receiveS3', () => {
  it('asks for the bearer token', () => {
    const verdict = (authorization: string, secrets = [secret]) =>
      receiveS3(inboundOf(envelope, { authorization }), secrets).outcome
    expect(verdict(`Bearer ${secret}`)).toBe('change')
    expect(verdict(`bearer ${secret}`, ['new', secret])).toBe('change')
    expect(verdict(`Bearer ${secret}x`)).toBe('refused')
    expect(verdict(secret)).toBe('refused')
    expect(verdict('Bearer ')).toBe('refused')
    expect(verdict('Bearer ', [''])).toBe('refused')
    expect(verdict(`Bearer ${secret}`, [])).toBe('refused')
  })

  it('reads JSON whatever content type curl gives it', () => {
    const type = 'application/x-www-form-urlencoded'
    const headers = { authorization: `Bearer ${secret}`, 'content-type': type }
    expect(receiveS3(inboundOf(envelope, headers), [secret]).outcome).toBe('change')
  })

  it('answers a proven body that is no object as malformed', () => {
    const headers = { authorization: `Bearer ${secret}` }
    expect(receiveS3(inboundOf('[]', headers), [secret]).outcome).toBe('malformed')
  })
})
