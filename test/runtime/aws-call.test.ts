import { createServer, type IncomingHttpHeaders } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { type AwsCallOptions, createAwsCall } from '../../lib/runtime/aws-call.ts'

type Seen = { readonly url: string; readonly headers: IncomingHttpHeaders }
type Answer = { readonly status: number; readonly body?: string; readonly date?: string }

describe('a signed call to AWS', () => {
  let close = () => {}
  afterEach(() => close())

  const open = async (
    answers: readonly (Answer | 'reset')[],
    options: Partial<AwsCallOptions> = {},
  ) => {
    const seen: Seen[] = []
    const server = createServer((request, response) => {
      const answer = answers[seen.length] ?? { status: 200, body: 'ok' }
      seen.push({ url: request.url ?? '', headers: request.headers })
      if (answer === 'reset') return request.socket.destroy()
      if (answer.date !== undefined) response.setHeader('date', answer.date)
      response.writeHead(answer.status)
      return response.end(answer.body ?? '')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    close = () => {
      server.closeAllConnections()
      server.close()
    }
    const address = server.address()
    const call = createAwsCall({
      region: 'eu-west-1',
      endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
      credentials: async () => ({
        accessKeyId: 'AKID',
        secretAccessKey: 'secret',
        sessionToken: 'session',
      }),
      now: () => new Date('2026-11-23T10:00:00Z'),
      wait: async () => {},
      ...options,
    })
    return { seen, call }
  }
  const get = { service: 's3', method: 'GET', path: '/a%2Bb', timeoutMs: 5_000, maxBytes: 1_000 }

  it('signs the time, the session and the body, and names bucket and key', async () => {
    const { seen, call } = await open([])
    const query = { prefix: 'fleet/a b' }
    expect((await call({ ...get, subdomain: 'state', query })).attempts).toBe(1)
    const [{ url, headers } = { url: '', headers: {} }] = seen
    expect(url).toBe('/state/a%2Bb?prefix=fleet%2Fa%20b')
    expect(headers['x-amz-date']).toBe('20261123T100000Z')
    expect(headers['x-amz-security-token']).toBe('session')
    expect(headers['x-amz-content-sha256']).toMatch(/^e3b0c442/)
    expect(headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/20261123\/eu-west-1\/s3\/aws4_request, SignedHeaders=[a-z0-9;-]*host;[a-z0-9;-]*, Signature=[0-9a-f]{64}$/,
    )
  })

  it('tries three times where no answer comes or it may be another later', async () => {
    const { seen, call } = await open(['reset', { status: 503 }])
    expect(await call(get)).toMatchObject({ status: 200, attempts: 3 })
    expect(seen).toHaveLength(3)
  })

  it('gives back a refusal at once, and the last of three faults', async () => {
    const refused = await open([{ status: 403, body: 'AccessDenied' }])
    expect(await refused.call(get)).toMatchObject({ status: 403, attempts: 1 })
    close()
    const slow = await open(Array.from({ length: 4 }, () => ({ status: 503 })))
    expect(await slow.call(get)).toMatchObject({ status: 503, attempts: 3 })
  })

  it('throws where nothing answers, and tells no secret', async () => {
    const { call } = await open(['reset', 'reset', 'reset'])
    const thrown: unknown = await call(get).catch((fault: unknown) => fault)
    expect(String(thrown)).toMatch(/^Error: s3 cannot be reached: /)
    expect(String(thrown)).not.toMatch(/secret|session|Signature/)
    await expect(call(get).then(() => 'ok')).resolves.toBe('ok')
  })

  it('learns of a wrong clock in calls that are under way side by side', async () => {
    const date = 'Mon, 23 Nov 2026 11:00:00 GMT'
    const skewed = { status: 403, body: '<Code>RequestTimeTooSkewed</Code>', date }
    const { seen, call } = await open([skewed, skewed, skewed])
    const answers = await Promise.all([call(get), call(get), call(get)])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(seen).toHaveLength(6)
  })

  it("signs with AWS's own time where it finds our clock wrong, from then on", async () => {
    const date = 'Mon, 23 Nov 2026 10:20:00 GMT'
    const skewed = { status: 403, body: '<Code>RequestTimeTooSkewed</Code>', date }
    const { seen, call } = await open([skewed])
    expect(await call(get)).toMatchObject({ status: 200, attempts: 2 })
    await call(get)
    expect(seen.map(({ headers }) => headers['x-amz-date'])).toEqual([
      '20261123T100000Z',
      '20261123T102000Z',
      '20261123T102000Z',
    ])
  })

  it('finds its clock wrong by an answer to HEAD too, which says no more than 403', async () => {
    const date = 'Mon, 23 Nov 2026 10:20:00 GMT'
    const { seen, call } = await open([{ status: 403, date }])
    expect(await call({ ...get, method: 'HEAD' })).toMatchObject({ status: 200, attempts: 2 })
    expect(seen.map(({ headers }) => headers['x-amz-date'])).toEqual([
      '20261123T100000Z',
      '20261123T102000Z',
    ])
  })

  it('takes a refusal of HEAD for one where the clock is right', async () => {
    const { seen, call } = await open([{ status: 403, date: 'Mon, 23 Nov 2026 10:00:30 GMT' }])
    expect(await call({ ...get, method: 'HEAD' })).toMatchObject({ status: 403, attempts: 1 })
    expect(seen).toHaveLength(1)
  })

  it('sends no more at once than there are connections for, whoever asks', async () => {
    let [underWay, most] = [0, 0]
    const server = createServer((_, response) => {
      underWay += 1
      most = Math.max(most, underWay)
      setImmediate(() => {
        underWay -= 1
        response.end('ok')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    close = () => void server.close()
    const address = server.address()
    const endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const credentials = async () => ({ accessKeyId: 'AKID', secretAccessKey: 'secret' })
    const call = createAwsCall({ region: 'eu-west-1', endpoint, credentials })
    const answers = await Promise.all(Array.from({ length: 500 }, () => call(get)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(500)
    expect(most).toBeLessThanOrEqual(64)
  })

  it('reads no more than it is allowed to', async () => {
    const { call } = await open([{ status: 200, body: 'x'.repeat(2_000) }])
    expect(await call(get)).toMatchObject({ status: 200, isTooLarge: true })
  })
})
