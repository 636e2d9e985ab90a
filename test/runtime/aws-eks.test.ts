import type { IncomingMessage, ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { createAwsCall } from '../../lib/runtime/aws-call.ts'
import { createEksFinder } from '../../lib/runtime/aws-eks.ts'
import { type Loopback, listen } from '../http/loopback.ts'
import { certificate } from '../http/tls-fixture.ts'

const opened: Loopback[] = []
afterEach(async () => {
  for (const server of opened.splice(0)) await server.close()
})

const eks = { name: 'staging-1', region: 'eu-central-1' }
const version = { method: 'GET', path: '/version' } as const

/** EKS's own API and a cluster behind it, which takes tokens as `takes` says. */
async function setUp({ takes = (_: string): boolean => true, date = '' } = {}) {
  const world = {
    now: new Date('2026-11-23T10:00:00Z'),
    tokens: [] as string[],
    described: [] as string[],
    answer: undefined as { readonly status: number; readonly body: object } | undefined,
    endpoint: '',
  }
  const cluster = await open(true, (request, response) => {
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    world.tokens.push(token)
    response.setHeader('content-type', 'application/json')
    response.writeHead(takes(token) ? 200 : 401).end('{"gitVersion":"v1.36.3"}')
  })
  world.endpoint = cluster.url
  const api = await open(false, (request, response) => {
    world.described.push(`${request.url} ${request.headers.authorization?.split('/')[2]}`)
    response.sendDate = false
    if (date !== '') response.setHeader('date', date)
    const data = Buffer.from(certificate).toString('base64')
    const found = { status: 'ACTIVE', endpoint: world.endpoint, certificateAuthority: { data } }
    const { status, body } = world.answer ?? { status: 200, body: { cluster: found } }
    response.writeHead(status).end(JSON.stringify(body))
  })
  const now = () => world.now
  const credentials = async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret' })
  const endpoint = api.url
  const wait = async () => {}
  const call = createAwsCall({ credentials, region: 'eu-west-1', endpoint, now, wait })
  return { world, find: createEksFinder({ call, credentials, https: {}, now }) }
}

async function open(
  isTls: boolean,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Loopback> {
  const server = await listen(answer, { isTls })
  opened.push(server)
  return server
}

function dateIn(token = ''): string | null {
  const url = Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString()
  return new URL(url).searchParams.get('X-Amz-Date')
}

describe('an EKS cluster by name', () => {
  it('is described in its own region, once, and reached with a token of ours', async () => {
    const { world, find } = await setUp()
    const transport = (await find('staging', eks)).open()
    expect(await transport(version)).toMatchObject({ status: 200 })
    await find('staging', eks)
    expect(world.described).toEqual(['/clusters/staging-1 eu-central-1'])
    expect(dateIn(world.tokens[0])).toBe('20261123T100000Z')
    transport.close()
  })

  it('is asked with one token until shortly before it ends, also in the middle of a run', async () => {
    const { world, find } = await setUp()
    const transport = (await find('staging', eks)).open()
    await transport(version)
    world.now = new Date('2026-11-23T10:12:59Z')
    await transport(version)
    world.now = new Date('2026-11-23T10:13:01Z')
    await transport(version)
    const [first, second, third] = world.tokens
    expect(second).toBe(first)
    expect(dateIn(third)).toBe('20261123T101301Z')
    transport.close()
  })

  it('gets a fresh token where it takes the old one no longer, once for many requests', async () => {
    let taken = ''
    const { world, find } = await setUp({ takes: (token) => dateIn(token) === taken })
    const transport = (await find('staging', eks)).open()
    taken = '20261123T100000Z'
    await transport(version)
    world.now = new Date('2026-11-23T10:05:00Z')
    taken = '20261123T100500Z'
    const answers = await Promise.all([transport(version), transport(version), transport(version)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(world.tokens).size).toBe(2)
    transport.close()
  })

  it('that does not know us says what to create', async () => {
    const { find } = await setUp({ takes: () => false })
    const transport = (await find('staging', eks)).open()
    const thrown: unknown = await transport(version).catch((fault: unknown) => fault)
    expect(thrown).toMatchObject({ code: 'Unauthorized', retryable: false })
    expect(String(thrown)).toContain('Cluster/staging spec.connection.eks')
    expect(String(thrown)).toContain('create an access entry')
    expect(String(thrown)).not.toContain('k8s-aws-v1')
    transport.close()
  })

  it('that was made anew under its name is found again after five minutes', async () => {
    const { world, find } = await setUp()
    const before = await find('staging', eks)
    world.endpoint = 'https://other.example'
    expect((await find('staging', eks)).key).toBe(before.key)
    world.now = new Date('2026-11-23T10:05:00Z')
    expect((await find('staging', eks)).key).not.toBe(before.key)
  })

  it("stays known while EKS's own API fails", async () => {
    const { world, find } = await setUp()
    const before = await find('staging', eks)
    world.answer = { status: 503, body: {} }
    world.now = new Date('2026-11-23T10:06:00Z')
    expect(await find('staging', eks)).toBe(before)
    expect(await find('staging', eks)).toBe(before)
    world.now = new Date('2026-11-23T10:06:40Z')
    world.answer = { status: 404, body: { message: 'No cluster found for name: staging-1.' } }
    await expect(find('staging', eks)).rejects.toMatchObject({ code: 'ClusterUnknown' })
    world.answer = undefined
    expect((await find('staging', eks)).key).toBe(before.key)
  })

  it("makes tokens of AWS's own time where our clock is wrong", async () => {
    const { world, find } = await setUp({ date: 'Mon, 23 Nov 2026 10:20:00 GMT' })
    const transport = (await find('staging', eks)).open()
    await transport(version)
    expect(dateIn(world.tokens[0])).toBe('20261123T102000Z')
    transport.close()
  })

  const faults: readonly (readonly [string, number, object, object])[] = [
    ['is not there', 404, {}, { code: 'ClusterUnknown', message: /correct name or region/ }],
    [
      'may not be described',
      403,
      { message: 'User: arn:aws:sts::1:assumed-role/r/f is not authorized' },
      { code: 'AccessDenied', message: /assumed-role\/r\/f.*DRIFTLESS_EKS_CLUSTERS/ },
    ],
    [
      'is being created',
      200,
      { cluster: { status: 'CREATING' } },
      { code: 'ClusterUnknown', retryable: true, message: /is CREATING and has no address yet/ },
    ],
    [
      'has no https address',
      200,
      { cluster: { endpoint: 'http://plain.example', certificateAuthority: { data: 'eA==' } } },
      { retryable: true, message: /has no address yet/ },
    ],
    ['cannot be asked for', 500, {}, { code: 'Unreachable', retryable: true, message: /500/ }],
    ['is asked for wrongly', 400, { message: 'bad' }, { retryable: false, message: /bad/ }],
  ]
  for (const [title, status, body, { message, ...want }] of faults.map(
    ([name, code, answer, expected]) =>
      [name, code, answer, { message: /./, ...expected }] as const,
  )) {
    it(`that ${title} says so, with its object and its field`, async () => {
      const { world, find } = await setUp()
      world.answer = { status, body }
      await expect(find('staging', eks)).rejects.toMatchObject({
        ...want,
        message: expect.stringMatching(message),
      })
      await expect(find('staging', eks)).rejects.toThrow(/^Cluster\/staging spec\.connection\.eks/)
    })
  }
})
