import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type PutObjectCommandOutput,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { BucketEvent } from '../../lib/sandbox/bucket/events.ts'
import { createSandboxBucket, type SandboxBucket } from '../../lib/sandbox/bucket.ts'
import type { Listening } from '../../lib/sandbox/listen.ts'

describe('the bucket', () => {
  let directory = ''
  let bucket: SandboxBucket
  let listening: Listening
  let client: S3Client
  const events: BucketEvent[] = []

  const clientFor = (accessKeyId: string): S3Client =>
    new S3Client({
      endpoint: listening.url,
      region: 'us-east-1',
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: { accessKeyId, secretAccessKey: 'any' },
    })
  const put = (key: string, body: string, more: object = {}): Promise<PutObjectCommandOutput> =>
    client.send(new PutObjectCommand({ Bucket: 'state', Key: key, Body: body, ...more }))
  const read = async (key: string): Promise<string> => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'state', Key: key }))
    return (await Body?.transformToString()) ?? ''
  }

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bucket-'))
    bucket = createSandboxBucket({
      directory,
      accessKey: 'demo',
      onEvent: (event) => {
        events.push(event)
      },
    })
    await bucket.createBucket('state')
    listening = await bucket.listen()
    client = clientFor('demo')
  })
  afterAll(async () => {
    client.destroy()
    await listening.close()
    await rm(directory, { recursive: true })
  })

  it.each(['plain', 'with space/ü+&%.yaml', '../../../etc/passwd', 'a//b', '<&>"\''])(
    'keeps an object under the key %s',
    async (key) => {
      const { ETag } = await put(key, `body of ${key}`)
      expect(await read(key)).toBe(`body of ${key}`)
      const head = await client.send(new HeadObjectCommand({ Bucket: 'state', Key: key }))
      expect(head.ETag).toBe(ETag)
      const listed = await client.send(new ListObjectsV2Command({ Bucket: 'state', Prefix: key }))
      expect(listed.Contents?.map((entry) => entry.Key)).toEqual([key])
    },
  )

  it('takes streams in the SDK’s chunked framing', async () => {
    const Body = Readable.from([Buffer.from('one '), Buffer.from('two')])
    await client.send(
      new PutObjectCommand({ Bucket: 'state', Key: 'stream', Body, ContentLength: 7 }),
    )
    expect(await read('stream')).toBe('one two')
  })

  it('writes only where the condition holds, one of many at once', async () => {
    const first = await Promise.allSettled(
      Array.from({ length: 10 }, (_, index) => put('lease', `${index}`, { IfNoneMatch: '*' })),
    )
    const won = first.filter(({ status }) => status === 'fulfilled')
    expect(won).toHaveLength(1)
    const lost = first.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
    expect(new Set(lost.map((reason) => reason.name))).toEqual(new Set(['PreconditionFailed']))
    const { ETag } = await put('lease', 'next')
    await put('lease', 'mine', { IfMatch: ETag })
    await expect(put('lease', 'late', { IfMatch: ETag })).rejects.toThrow(/preconditions/)
    await expect(put('absent', 'x', { IfMatch: ETag })).rejects.toMatchObject({ name: 'NoSuchKey' })
    expect(await read('lease')).toBe('mine')
  })

  it('deletes only where the condition holds', async () => {
    const { ETag } = await put('gone', 'x')
    await put('gone', 'y')
    const remove = (IfMatch: string | undefined): Promise<unknown> =>
      client.send(new DeleteObjectCommand({ Bucket: 'state', Key: 'gone', IfMatch }))
    await expect(remove(ETag)).rejects.toMatchObject({ name: 'PreconditionFailed' })
    await remove(undefined)
    await remove(undefined)
    await expect(read('gone')).rejects.toMatchObject({ name: 'NoSuchKey' })
  })

  it('answers 304 to who has it already, and parts to who asks for them', async () => {
    const { ETag } = await put('known', '0123456789')
    const again = new GetObjectCommand({ Bucket: 'state', Key: 'known', IfNoneMatch: ETag })
    await expect(client.send(again)).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } })
    const part = new GetObjectCommand({ Bucket: 'state', Key: 'known', Range: 'bytes=2-4' })
    expect(await (await client.send(part)).Body?.transformToString()).toBe('234')
  })

  it('lists page by page in the order of bytes, with common prefixes', async () => {
    for (const key of ['p/b', 'p/a', 'p/ä', 'p/x/1', 'p/x/2', 'p/Z']) await put(key, key)
    const keys: string[] = []
    let token: string | undefined
    do {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: 'state',
          Prefix: 'p/',
          MaxKeys: 2,
          ContinuationToken: token,
        }),
      )
      keys.push(...(page.Contents ?? []).map((entry) => entry.Key ?? ''))
      token = page.NextContinuationToken
    } while (token !== undefined)
    expect(keys).toEqual(['p/Z', 'p/a', 'p/b', 'p/x/1', 'p/x/2', 'p/ä'])
    const rolled = await client.send(
      new ListObjectsV2Command({
        Bucket: 'state',
        Prefix: 'p/',
        Delimiter: '/',
        StartAfter: 'p/a',
      }),
    )
    expect(rolled.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['p/x/'])
    expect(rolled.Contents?.map(({ Key }) => Key)).toEqual(['p/b', 'p/ä'])
  })

  it('deletes many at once', async () => {
    await put('m/1 & 2', 'x')
    await put('m/3', 'x')
    const Objects = [{ Key: 'm/1 & 2' }, { Key: 'm/3' }]
    await client.send(new DeleteObjectsCommand({ Bucket: 'state', Delete: { Objects } }))
    const listed = await client.send(new ListObjectsV2Command({ Bucket: 'state', Prefix: 'm/' }))
    expect(listed.KeyCount).toBe(0)
  })

  it('tells each change in both of S3’s forms', async () => {
    events.length = 0
    await put('m/a b+é.yaml', 'hello')
    await client.send(new DeleteObjectCommand({ Bucket: 'state', Key: 'm/a b+é.yaml' }))
    await client.send(new DeleteObjectCommand({ Bucket: 'state', Key: 'm/a b+é.yaml' }))
    expect(events).toHaveLength(2)
    const [created, deleted] = events
    expect(created?.direct).toMatchObject({
      Records: [
        {
          eventName: 'ObjectCreated:Put',
          s3: {
            bucket: { name: 'state' },
            object: {
              key: 'm/a+b%2B%C3%A9.yaml',
              size: 5,
              eTag: '5d41402abc4b2a76b9719d911017c592',
            },
          },
        },
      ],
    })
    expect(created?.eventBridge).toMatchObject({
      'detail-type': 'Object Created',
      detail: { bucket: { name: 'state' }, object: { key: 'm/a b+é.yaml', size: 5 } },
    })
    expect(deleted?.eventBridge).toMatchObject({ 'detail-type': 'Object Deleted' })
    expect((deleted?.sequencer ?? '') > (created?.sequencer ?? '')).toBe(true)
  })

  it('lets in its access key only, and knows its buckets', async () => {
    const stranger = clientFor('other')
    const get = new GetObjectCommand({ Bucket: 'state', Key: 'plain' })
    await expect(stranger.send(get)).rejects.toMatchObject({ name: 'InvalidAccessKeyId' })
    stranger.destroy()
    const elsewhere = new GetObjectCommand({ Bucket: 'nowhere', Key: 'plain' })
    await expect(client.send(elsewhere)).rejects.toMatchObject({ name: 'NoSuchBucket' })
    expect((await fetch(`${listening.url}/state/plain`)).status).toBe(403)
  })

  it('finds its objects again after a restart', async () => {
    await put('kept', 'still here', { ContentType: 'text/plain' })
    const again = createSandboxBucket({ directory })
    await again.createBucket('state')
    const other = await again.listen()
    const response = await fetch(`${other.url}/state/kept`)
    expect(await response.text()).toBe('still here')
    expect(response.headers.get('content-type')).toBe('text/plain')
    await other.close()
  })

  it('refuses broken framing without writing', async () => {
    const response = await fetch(`${listening.url}/state/broken`, {
      method: 'PUT',
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=demo/x/y',
        'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      },
      body: '5\r\nhel',
    })
    expect(response.status).toBe(400)
    await expect(read('broken')).rejects.toMatchObject({ name: 'NoSuchKey' })
  })
})
