import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { BucketSpec } from '../../lib/fleet/bucket.ts'
import { createAddressCheck } from '../../lib/http/address-policy.ts'
import { createOutbound } from '../../lib/http/outbound.ts'
import { OutboundError } from '../../lib/http/outbound-error.ts'
import { createSandboxBucket, type SandboxBucket } from '../../lib/sandbox/bucket.ts'
import { listenOnLoopback } from '../../lib/sandbox/listen.ts'
import { type BucketPorts, fetchBucket, resolveBucket } from '../../lib/source/bucket.ts'
import type { FetchedSource } from '../../lib/source/fetched-source.ts'
import { listXml, type XmlObject } from './bucket/list-xml.ts'

const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

function outbound(): BucketPorts['outbound'] {
  const created = createOutbound({ checkAddress: createAddressCheck({ allowPrivate: true }) })
  closers.push(created.close)
  return created
}

function specOf(port: number, more: Partial<BucketSpec> = {}): BucketSpec {
  return {
    provider: 'generic',
    bucketName: 'apps',
    endpoint: `127.0.0.1:${port}`,
    prefix: '',
    isInsecure: true,
    intervalMs: 60_000,
    timeoutMs: 10_000,
    isSuspended: false,
    notBuilt: [],
    ...more,
  }
}

const secret = new Map([
  ['accesskey', Buffer.from('AKIAEXAMPLE')],
  ['secretkey', Buffer.from('hunter2')],
])

/** The sandbox's bucket; it takes no other access key. */
async function sandbox(
  objects: Readonly<Record<string, string>>,
): Promise<{ bucket: SandboxBucket; port: number; etags: ReadonlyMap<string, string> }> {
  const bucket = createSandboxBucket({ accessKey: 'AKIAEXAMPLE' })
  await bucket.createBucket('apps')
  const etags = new Map<string, string>()
  for (const [key, text] of Object.entries(objects)) {
    etags.set(key, (await bucket.put('apps', key, text)).etag.replaceAll('"', ''))
  }
  const { port, close } = await bucket.listen()
  closers.push(close)
  return { bucket, port, etags }
}

type FakeOptions = {
  readonly object?: (key: string) => string
  readonly ignoreFile?: string
}

/** An endpoint that answers lists with what it is told to, and each object with its key. */
async function fake(
  answer: (query: URLSearchParams) => string,
  options: FakeOptions = {},
): Promise<number> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x')
    const key = decodeURIComponent(pathname.slice('/apps/'.length))
    if (key === '') return response.end(answer(searchParams))
    const body = key === '.sourceignore' ? options.ignoreFile : options.object?.(key)
    if (body === undefined)
      return response.writeHead(404).end('<Error><Code>NoSuchKey</Code></Error>')
    return response.end(body)
  })
  const { port, close } = await listenOnLoopback(server)
  closers.push(close)
  return port
}

const ports = (more: Partial<BucketPorts> = {}): BucketPorts => ({
  outbound: outbound(),
  credentials: secret,
  ...more,
})

async function read(spec: BucketSpec, all = ports()): Promise<FetchedSource> {
  return fetchBucket(spec, await resolveBucket(spec, all), all)
}

async function faultOf(spec: BucketSpec, all = ports()): Promise<unknown> {
  return read(spec, all).then(
    () => 'no fault',
    (thrown: unknown) => thrown,
  )
}

describe('a bucket', () => {
  const objects = {
    'b/app.yaml': 'kind: App\n',
    'a b+é.yaml': 'kind: Odd\n',
    'a-c': '1',
    'logo.png': 'png',
    '.git/config': 'kept: buckets have no defaults',
    'skip/me.txt': 'x',
    'folder/': '',
    'deep/.sourceignore': '*',
    '.sourceignore': 'skip/\n',
  }

  it('has the digest of its sorted index lines for a revision', async () => {
    const { port, etags } = await sandbox(objects)
    const keys = [
      '.git/config',
      'a b+é.yaml',
      'a-c',
      'b/app.yaml',
      'deep/.sourceignore',
      'logo.png',
    ]
    const lines = keys.map((key) => `${key} ${etags.get(key)}\n`).join('')
    const { revision, files } = await read(specOf(port))
    expect(revision).toBe(`sha256:${createHash('sha256').update(lines).digest('hex')}`)
    expect([...files.keys()].sort()).toEqual(['.sourceignore', ...keys].sort())
    expect(Buffer.from(files.get('a b+é.yaml')?.bytes ?? []).toString()).toBe('kind: Odd\n')
  })

  it('lets spec.ignore have the last word', async () => {
    const { port } = await sandbox(objects)
    const { files } = await read(specOf(port, { ignore: '*.png\n!skip/me.txt\n' }))
    expect(files.has('logo.png')).toBe(false)
    expect(files.has('skip/me.txt')).toBe(true)
  })

  it('keeps whole keys under a prefix, and still reads the ignore file of its root', async () => {
    const { port } = await sandbox(objects)
    const { files } = await read(specOf(port, { prefix: 'b/' }))
    expect([...files.keys()].sort()).toEqual(['.sourceignore', 'b/app.yaml'])
  })

  it.each([
    [401, 'nope'],
    [404, '404 page not found'],
  ])('tells an endpoint that is no S3 by its answer %s', async (status, text) => {
    const server = createServer((_, response) => response.writeHead(status).end(text))
    const { port, close } = await listenOnLoopback(server)
    closers.push(close)
    const message = `listing objects from bucket 'apps' failed: the endpoint does not answer as S3 does (status ${status}); correct spec.endpoint`
    await expect(resolveBucket(specOf(port), ports())).rejects.toMatchObject({ message })
  })

  it('tells how to trust a certificate of an own authority', async () => {
    const request = () => Promise.reject(new OutboundError('TlsInvalid', 'it is refused'))
    const all = { ...ports(), outbound: { ...outbound(), request } }
    await expect(resolveBucket(specOf(1, { isInsecure: false }), all)).rejects.toThrow(
      /it is refused; .* NODE_EXTRA_CA_CERTS/,
    )
  })

  it('downloads nothing to tell its revision', async () => {
    const { port } = await sandbox(objects)
    const all = ports()
    const asked: string[] = []
    const spying: BucketPorts['outbound'] = {
      ...all.outbound,
      request: (request) => {
        asked.push(new URL(request.url).pathname)
        return all.outbound.request(request)
      },
    }
    await resolveBucket(specOf(port), { ...all, outbound: spying })
    expect(asked.sort()).toEqual(['/apps/', '/apps/.sourceignore'])
  })

  it('is listed to its end over many pages', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 2345 }, (_, index) => [`f${index}.yaml`, '']),
    )
    const { port } = await sandbox(many)
    const { objects: listed } = await resolveBucket(specOf(port), ports())
    expect(listed).toHaveLength(2345)
  })

  it('leaves out what was deleted, and fails where something changed, since it was listed', async () => {
    const { bucket, port } = await sandbox({ a: '1', b: '2' })
    const spec = specOf(port)
    const all = ports()
    const listing = await resolveBucket(spec, all)
    await bucket.delete('apps', 'a')
    const without = await fetchBucket(spec, listing, all)
    expect([...without.files.keys()]).toEqual(['b'])
    expect(without.revision).toBe((await resolveBucket(spec, all)).revision)
    await bucket.put('apps', 'b', '3')
    await expect(fetchBucket(spec, listing, all)).rejects.toMatchObject({
      code: 'BucketFailed',
      retryable: true,
      message: `fetch from bucket 'apps' failed: "b" changed while the bucket was read`,
    })
  })
})

describe('a bucket that cannot be read', () => {
  it('is one that is not there', async () => {
    const { port } = await sandbox({})
    expect(await faultOf(specOf(port, { bucketName: 'nope' }))).toMatchObject({
      code: 'BucketNotFound',
      reason: 'BucketOperationFailed',
      message: expect.stringContaining("'nope'"),
    })
  })

  it('is one that refuses the key, which is told without it', async () => {
    const { port } = await sandbox({})
    const wrong = new Map([...secret, ['accesskey', Buffer.from('AKIAOTHER')]])
    const fault = await faultOf(specOf(port), ports({ credentials: wrong }))
    expect(fault).toMatchObject({ reason: 'BucketOperationFailed', retryable: false })
    expect(JSON.stringify([fault, String(fault)])).not.toContain('hunter2')
  })

  it('is one whose Secret lacks a key', async () => {
    const credentials = new Map([['accesskey', Buffer.from('x')]])
    const spec = specOf(1, { secretName: 'bucket-key' })
    expect(await faultOf(spec, ports({ credentials }))).toMatchObject({
      reason: 'AuthenticationFailed',
      message: "invalid 'bucket-key' secret data: required fields 'accesskey' and 'secretkey'",
    })
  })

  it('is one to which our own identity or another host’s credential would go', async () => {
    const identity = { accessKeyId: 'x', secretAccessKey: 'y' }
    const spec = specOf(1, { provider: 'aws' })
    const { outbound: out } = ports()
    const ambient = { outbound: out, awsCredentials: identity }
    expect(await faultOf(spec, ambient)).toMatchObject({ code: 'CredentialBound' })
    const { port } = await sandbox({ a: '1' })
    const { binding } = await read(specOf(port))
    if (binding === undefined) throw new Error('a credential that was used is bound')
    expect(await faultOf(specOf(1), ports({ binding }))).toMatchObject({ code: 'CredentialBound' })
  })

  it('is one that cannot be reached', async () => {
    expect(await faultOf(specOf(1))).toMatchObject({
      reason: 'BucketOperationFailed',
      retryable: true,
      message: expect.stringMatching(/bucket 'apps'.*: the connection to 127.0.0.1:1 was refused$/),
    })
  })
})

describe('a hostile bucket', () => {
  const listing = (objects: readonly XmlObject[], more?: string): (() => string) => {
    return () => listXml(objects, more)
  }

  it.each([
    ['../x', '"../x" holds a segment that leads elsewhere'],
    ['a/../../x', '"a/../../x" holds a segment'],
    ['/etc/passwd', '"/etc/passwd" is absolute'],
    ['a\\b', '"a\\\\b" holds a backslash'],
    ['a\nb', '"a\\nb" holds a control character'],
    ['a\0b', '"a\\u0000b" holds a control character'],
    ['%2e%2e/x', '"%2e%2e/x" holds a segment'],
    ['a//b', '"a//b" holds an empty segment'],
    ['x'.repeat(4096), 'longer than 255 bytes'],
  ])('A11: has the key %j refused by name', async (key, text) => {
    const port = await fake(listing([{ key: 'fine.yaml' }, { key }]), { object: () => 'x' })
    expect(await faultOf(specOf(port))).toMatchObject({
      code: 'KeyInvalid',
      message: expect.stringContaining(text),
    })
  })

  it('may hold such a key where a rule leaves it out', async () => {
    const port = await fake(listing([{ key: 'x' }, { key: '../x' }]), {
      object: () => 'x',
      ignoreFile: '..\n',
    })
    expect([...(await read(specOf(port))).files.keys()].sort()).toEqual(['.sourceignore', 'x'])
  })

  it('keeps keys apart that differ by case', async () => {
    const port = await fake(listing([{ key: 'A' }, { key: 'a' }]), { object: (key) => key })
    const { files } = await read(specOf(port))
    expect([...files.keys()].sort()).toEqual(['A', 'a'])
  })

  it('holds no file that is a folder too, and no key twice', async () => {
    const both = await fake(listing([{ key: 'a' }, { key: 'a/b' }]))
    expect(await faultOf(specOf(both))).toMatchObject({ code: 'KeyInvalid' })
    const twice = await fake(listing([{ key: 'a' }, { key: 'a' }]))
    expect(await faultOf(specOf(twice))).toMatchObject({ code: 'BucketFailed', retryable: true })
  })

  it.each([
    ['says there is more but not where', '<IsTruncated>true</IsTruncated>'],
    ['does not say whether there is more', ''],
    ['counts more than it holds', '<IsTruncated>false</IsTruncated><KeyCount>2</KeyCount>'],
    [
      'says the same page is next for ever',
      '<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>',
    ],
  ])('is not read where its list %s', async (_, more) => {
    const port = await fake(listing([{ key: 'a' }], more))
    expect(await faultOf(specOf(port))).toMatchObject({
      code: 'BucketFailed',
      message: "listing objects from bucket 'apps' failed: the list of its objects is incomplete",
    })
  })

  it('is not read where it answers with something else', async () => {
    for (const text of ['<html>Log in</html>', 'no XML', '{}', '']) {
      const port = await fake(() => text)
      const fault = await faultOf(specOf(port))
      expect(fault, text).toMatchObject({ reason: 'BucketOperationFailed' })
    }
  })

  it('is bounded in objects and bytes', async () => {
    const port = await fake(listing([{ key: 'a' }, { key: 'b' }, { key: 'c' }]), {
      object: () => 'x',
    })
    const fewer = ports({ limits: { maxFiles: 2 } })
    expect(await faultOf(specOf(port), fewer)).toMatchObject({ code: 'TooLarge' })
    const shorter = ports({ limits: { maxTreeBytes: 2 } })
    expect(await faultOf(specOf(port), shorter)).toMatchObject({ code: 'TooLarge' })
  })

  it('cannot send more than it listed', async () => {
    const port = await fake(listing([{ key: 'a' }]), {
      object: () => 'x'.repeat(10_000),
    })
    expect(await faultOf(specOf(port))).toMatchObject({
      reason: 'BucketOperationFailed',
      code: 'TooLarge',
    })
  })
})
