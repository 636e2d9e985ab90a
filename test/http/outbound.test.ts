import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { createAddressCheck } from '../../lib/http/address-policy.ts'
import { createOutbound, type Outbound } from '../../lib/http/outbound.ts'
import { type Loopback, listen } from './loopback.ts'
import { certificate } from './tls-fixture.ts'

const opened: (Loopback | Outbound)[] = []

async function serve(listener: RequestListener, isTls = false): Promise<Loopback> {
  const server = await listen(listener, { isTls })
  opened.push(server)
  return server
}

function outbound(allowPrivate = true): Outbound {
  const created = createOutbound({ checkAddress: createAddressCheck({ allowPrivate }) })
  opened.push(created)
  return created
}

function refusal(code: string): unknown {
  return expect.objectContaining({ name: 'OutboundError', code })
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((entry) => entry.close()))
})

describe('outbound', () => {
  it('sends a body and gives back status, headers and bytes', async () => {
    const { url } = await serve((request, response) => {
      response.writeHead(418, { 'X-Method': request.method })
      request.pipe(response)
    })
    const answer = await outbound().request({ url: `${url}/a`, method: 'POST', body: 'tea' })
    expect(answer).toMatchObject({ status: 418, url: `${url}/a` })
    expect(answer.headers['x-method']).toBe('POST')
    expect(Buffer.from(answer.body).toString()).toBe('tea')
  })

  it('keeps connections alive', async () => {
    const ports = new Set<number | undefined>()
    const { url } = await serve((request, response) => {
      ports.add(request.socket.remotePort)
      response.end('x')
    })
    const client = outbound()
    for (const path of ['/1', '/2', '/3']) await client.request({ url: `${url}${path}` })
    expect(ports.size).toBe(1)
  })

  it('sends again over a new connection where an idle one was closed unseen', async () => {
    let count = 0
    const { url } = await serve((request, response) => {
      count += 1
      if (count === 2) request.socket.destroy()
      else response.end(String(count))
    })
    const client = outbound()
    await client.request({ url })
    const again = await client.request({ url, method: 'POST', body: '', isRepeatable: true })
    expect(Buffer.from(again.body).toString()).toBe('3')
    await expect(client.request({ url: url.replace(/\d+$/, '1') })).rejects.toEqual(
      refusal('Unreachable'),
    )
  })

  it('never sends a POST twice by itself', async () => {
    let count = 0
    const { url } = await serve((request, response) => {
      count += 1
      if (count === 2) request.socket.destroy()
      else response.end()
    })
    const client = outbound()
    await client.request({ url })
    const sent = client.request({ url, method: 'POST', body: 'once' })
    await expect(sent).rejects.toEqual(refusal('Unreachable'))
    expect(count).toBe(2)
  })
})

describe('outbound addresses', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'https://[fd00:ec2::254]/',
  ])('refuses %s even where private addresses are allowed', async (url) => {
    await expect(outbound(true).request({ url })).rejects.toEqual(refusal('AddressRefused'))
  })

  it('refuses loopback by address and by name where the policy says so', async () => {
    const { port } = await serve((_, response) => response.end('secret'))
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '0', '127.1', '[::ffff:7f00:1]']) {
      const request = outbound(false).request({ url: `http://${host}:${port}/` })
      await expect(request, host).rejects.toEqual(refusal('AddressRefused'))
    }
  })

  it('checks what a name resolves to within the connection, so that no second answer counts', async () => {
    const { port } = await serve((_, response) => response.end('x'))
    const asked: unknown[] = []
    const client = createOutbound({
      checkAddress: (address, hostname) => {
        asked.push([address, hostname])
        return address === '127.0.0.1' ? undefined : 'not this one'
      },
    })
    opened.push(client)
    await client.request({ url: `http://127.0.0.1:${port}` })
    expect(asked).toEqual([['127.0.0.1', undefined]])
    const named = await client.request({ url: `http://localhost:${port}` }).catch(() => undefined)
    expect(asked).toContainEqual([expect.stringMatching(/^(?:127\.0\.0\.1|::1)$/), 'localhost'])
    expect([200, undefined]).toContain(named?.status)
  })

  it.each(['file:///etc/passwd', 'gopher://x/', 'ftp://x/', 'data:text/plain,x'])(
    'refuses the scheme of %s',
    async (url) => {
      await expect(outbound().request({ url })).rejects.toEqual(refusal('UrlInvalid'))
    },
  )

  it('refuses credentials in a URL without repeating them', async () => {
    const sent = outbound().request({ url: 'https://user:hunter2@example.com/hunter3' })
    await expect(sent).rejects.toThrow(/^the URL at example.com must not hold credentials$/)
  })

  it('tells neither path nor query nor headers in a fault', async () => {
    const fault = await outbound()
      .request({
        url: 'http://127.0.0.1:1/services/T000/hunter2?sig=hunter3',
        headers: { Authorization: 'Bearer hunter4' },
      })
      .catch((thrown: unknown) => thrown)
    expect(fault).toEqual(refusal('Unreachable'))
    expect(String(fault)).not.toContain('hunter')
    expect(JSON.stringify(fault)).not.toContain('hunter')
  })
})

describe('outbound redirects', () => {
  it('are followed within an origin with everything', async () => {
    const seen: IncomingHttpHeaders[] = []
    const { url } = await serve((request, response) => {
      seen.push(request.headers)
      if (request.url === '/old') response.writeHead(302, { Location: '/new' }).end()
      else response.end('here')
    })
    const answer = await outbound().request({
      url: `${url}/old`,
      headers: { 'Private-Token': 't' },
    })
    expect(answer.url).toBe(`${url}/new`)
    expect(seen.map((headers) => headers['private-token'])).toEqual(['t', 't'])
  })

  it('leave every credential behind at another origin', async () => {
    let seen: IncomingHttpHeaders = {}
    const other = await serve((request, response) => {
      seen = request.headers
      response.end()
    })
    const { url } = await serve((_, response) =>
      response.writeHead(307, { Location: `${other.url}/x` }).end(),
    )
    await outbound().request({
      url,
      headers: {
        Authorization: 'Basic x',
        'PRIVATE-TOKEN': 'y',
        Cookie: 'z',
        Accept: 'text/plain',
      },
    })
    expect(seen).toMatchObject({ accept: 'text/plain' })
    expect(Object.keys(seen).filter((name) => /auth|token|cookie/.test(name))).toEqual([])
  })

  it('are checked like the first address', async () => {
    const { url } = await serve((request, response) => {
      const target = decodeURIComponent(request.url?.slice(1) ?? '')
      response.writeHead(302, { Location: target }).end()
    })
    const ask = (target: string): Promise<unknown> =>
      outbound().request({ url: `${url}/${encodeURIComponent(target)}` })
    await expect(ask('http://169.254.169.254/')).rejects.toEqual(refusal('AddressRefused'))
    await expect(ask('file:///etc/passwd')).rejects.toEqual(refusal('UrlInvalid'))
    await expect(ask('http://a:b@127.0.0.1/')).rejects.toEqual(refusal('UrlInvalid'))
    await expect(ask('http://')).rejects.toEqual(refusal('RedirectRefused'))
  })

  it('end', async () => {
    const { url } = await serve((_, response) => response.writeHead(302, { Location: '/' }).end())
    await expect(outbound().request({ url })).rejects.toEqual(refusal('RedirectRefused'))
  })

  it('are an answer to a POST, or keep it one', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/') response.writeHead(301, { Location: '/moved' }).end()
      else request.pipe(response)
    })
    const post = { url, method: 'POST', body: 'b' } as const
    expect((await outbound().request(post)).status).toBe(301)
    const kept = await outbound().request({ ...post, redirect: 'keep-method' })
    expect(Buffer.from(kept.body).toString()).toBe('b')
  })

  it('are told to the caller’s own check', async () => {
    const { url } = await serve((_, response) => response.writeHead(302, { Location: '/b' }).end())
    const checkUrl = ({ pathname }: URL): string | undefined =>
      pathname === '/b' ? 'not on the list' : undefined
    await expect(outbound().request({ url: `${url}/a`, checkUrl })).rejects.toThrow(
      'not on the list',
    )
  })

  it('do not lead from https to http', async () => {
    const { url } = await serve(
      (_, response) => response.writeHead(302, { Location: 'http://127.0.0.1/' }).end(),
      true,
    )
    const sent = outbound().request({ url, ca: certificate })
    await expect(sent).rejects.toEqual(refusal('RedirectRefused'))
  })
})

describe('outbound bounds', () => {
  it('stops an endless body', async () => {
    const { url } = await serve((_, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const sent = outbound().request({ url, maxBytes: 1_000_000 })
    await expect(sent).rejects.toEqual(refusal('AnswerTooLarge'))
  })

  it('refuses a body that announces too much before it comes', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'Content-Length': 1e12 }).flushHeaders()
    })
    await expect(outbound().request({ url })).rejects.toEqual(refusal('AnswerTooLarge'))
  })

  it('ends a request whose answer drips', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200).write('x')
    })
    const fault = await outbound()
      .request({ url, timeoutMs: 50 })
      .catch((thrown: unknown) => thrown)
    expect(fault).toMatchObject({ code: 'TimedOut', retryable: true })
  })

  it('ends when its signal says so', async () => {
    const controller = new AbortController()
    const { url } = await serve(() => controller.abort())
    const sent = outbound().request({ url, signal: controller.signal })
    await expect(sent).rejects.toEqual(refusal('Aborted'))
    const late = outbound().request({ url, signal: controller.signal })
    await expect(late).rejects.toEqual(refusal('Aborted'))
  })

  it('refuses a body that ends early and one packed unasked', async () => {
    const { url } = await serve((request, response) => {
      if (request.url === '/packed') response.writeHead(200, { 'Content-Encoding': 'gzip' }).end()
      else {
        response.writeHead(200, { 'Content-Length': 10 }).write('x')
        setImmediate(() => response.destroy())
      }
    })
    await expect(outbound().request({ url })).rejects.toEqual(refusal('Unreachable'))
    await expect(outbound().request({ url: `${url}/packed` })).rejects.toEqual(
      refusal('AnswerInvalid'),
    )
  })
})

describe('outbound TLS', () => {
  it('trusts a given CA, and nobody without one', async () => {
    const { url } = await serve((_, response) => response.end('x'), true)
    const client = outbound()
    await expect(client.request({ url })).rejects.toEqual(refusal('TlsInvalid'))
    expect((await client.request({ url, ca: certificate })).status).toBe(200)
    await expect(client.request({ url })).rejects.toEqual(refusal('TlsInvalid'))
  })

  it('refuses a certificate of another host', async () => {
    const { port } = await serve((_, response) => response.end('x'), true)
    const sent = outbound().request({ url: `https://127.0.0.2:${port}/`, ca: certificate })
    const fault = await sent.catch((thrown: unknown) => thrown)
    expect(fault).toMatchObject({ code: expect.stringMatching(/TlsInvalid|Unreachable/) })
  })

  it('says that a CA is none', async () => {
    const sent = outbound().request({
      url: 'https://127.0.0.1/',
      ca: 'no PEM',
      clientCertificate: { cert: 'x', key: 'y' },
    })
    await expect(sent).rejects.toEqual(refusal('TlsInvalid'))
  })
})
