import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import type { Credentials } from '../../lib/cluster/connection.ts'
import { createHttpsTransport, type HttpsOptions } from '../../lib/cluster/https.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const cleanups: (() => void)[] = []

afterEach(() => {
  for (const clean of cleanups.splice(0)) clean()
})

/** A server on loopback that answers as `answer` does, and a transport to it. */
async function serve(
  answer: Answer,
  options: HttpsOptions = {},
  credentials: (isRefresh: boolean) => Promise<Credentials> = async () => ({}),
) {
  const server: Server = createServer(answer)
  let connections = 0
  server.on('connection', () => {
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address: AddressInfo | string | null = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const transport = createHttpsTransport(
    { server: `http://127.0.0.1:${port}/prefix`, credentials },
    { timeoutMs: 2_000, ...options },
  )
  cleanups.push(() => {
    transport.close()
    server.closeAllConnections()
    server.close()
  })
  return { transport, server, connections: () => connections }
}

const json = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

describe('the transport over HTTP', () => {
  it('sends method, path, query, headers and body, and reads what comes back', async () => {
    const { transport } = await serve(
      (request, response) => {
        const chunks: Buffer[] = []
        request.on('data', (chunk) => chunks.push(chunk))
        request.on('end', () => {
          response.setHeader('Warning', [
            '299 - "unknown field \\"spec.a\\""',
            '299 - "second", 299 - "third"',
          ])
          const { method, url, headers } = request
          json(response, { method, url, headers, body: Buffer.concat(chunks).toString() }, 422)
        })
      },
      { userAgent: 'driftless/1' },
      async () => ({ headers: { Authorization: 'Bearer t' } }),
    )
    const response = await transport({
      method: 'PATCH',
      path: '/api/v1/x',
      query: { fieldManager: 'driftless', labelSelector: 'a=b,c' },
      contentType: 'application/apply-patch+yaml',
      body: { text: 'ü' },
      impersonate: 'system:serviceaccount:a:b',
    })
    expect(response.status).toBe(422)
    expect(response.warnings).toEqual(['unknown field "spec.a"', 'second', 'third'])
    expect(response.body).toMatchObject({
      method: 'PATCH',
      url: '/prefix/api/v1/x?fieldManager=driftless&labelSelector=a%3Db%2Cc',
      body: '{"text":"ü"}',
      headers: {
        authorization: 'Bearer t',
        'impersonate-user': 'system:serviceaccount:a:b',
        'content-type': 'application/apply-patch+yaml',
        'user-agent': 'driftless/1',
      },
    })
  })

  it('keeps connections and opens no more than it may', async () => {
    const { transport, connections } = await serve((_, response) => json(response, {}), {
      maxSockets: 2,
    })
    await Promise.all(
      Array.from({ length: 20 }, () => transport({ method: 'GET', path: '/api/v1' })),
    )
    expect(connections()).toBe(2)
  })

  it('unpacks gzip, and refuses an answer that grows beyond its bound', async () => {
    const big = { text: 'x'.repeat(100_000) }
    const answer: Answer = (request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip')
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' })
      response.end(gzipSync(JSON.stringify(big)))
    }
    const { transport } = await serve(answer)
    expect((await transport({ method: 'GET', path: '/' })).body).toEqual(big)
    const bounded = await serve(answer, { maxBytes: 50_000 })
    await expect(bounded.transport({ method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'AnswerTooLarge',
    })
  })

  it('sends a request once more where an idle connection turned out to be dead', async () => {
    let answered = 0
    const { transport } = await serve((request, response) => {
      answered += 1
      if (answered === 2) request.socket.destroy()
      else json(response, { answered })
    })
    await transport({ method: 'GET', path: '/' })
    expect((await transport({ method: 'GET', path: '/' })).body).toEqual({ answered: 3 })
  })

  it('does not make a POST twice, and does not try a fresh connection twice', async () => {
    let answered = 0
    const { transport } = await serve((request, response) => {
      answered += 1
      if (request.method === 'POST' || request.url?.endsWith('/dead')) request.socket.destroy()
      else json(response, {})
    })
    const dead = transport({ method: 'GET', path: '/dead' })
    await expect(dead).rejects.toMatchObject({ code: 'ConnectionLost', retryable: true })
    await transport({ method: 'GET', path: '/' })
    const post = transport({ method: 'POST', path: '/' })
    await expect(post).rejects.toMatchObject({ code: 'ConnectionLost' })
    expect(answered).toBe(3)
  })

  it('does not take half an answer for a whole one', async () => {
    const { transport } = await serve((request, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '100' })
      response.write('{"items":[')
      setImmediate(() => request.socket.destroy())
    })
    const list = transport({ method: 'GET', path: '/' })
    await expect(list).rejects.toMatchObject({ code: 'ConnectionLost' })
    const text = await serve((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"items":[')
    })
    await expect(text.transport({ method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'BadAnswer',
    })
  })

  it('ends a request that nobody answers at its deadline, and one that is cancelled at once', async () => {
    const { transport } = await serve(() => undefined)
    const late = transport({ method: 'GET', path: '/', timeoutMs: 30 })
    await expect(late).rejects.toMatchObject({
      code: 'TimedOut',
      reason: 'ClusterUnreachable',
      message: 'the cluster did not answer within 30 ms',
    })
    const abort = new AbortController()
    const cancelled = transport({ method: 'GET', path: '/', signal: abort.signal })
    abort.abort()
    await expect(cancelled).rejects.toMatchObject({ code: 'Aborted' })
  })

  it('ends an answer that trickles at the same deadline', async () => {
    const { transport } = await serve((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      const timer = setInterval(() => response.write(' '), 5)
      response.on('close', () => clearInterval(timer))
    })
    const slow = transport({ method: 'GET', path: '/', timeoutMs: 50 })
    await expect(slow).rejects.toMatchObject({ code: 'TimedOut' })
  })

  it('says that a cluster cannot be reached without saying as whom', async () => {
    const { transport, server } = await serve(
      () => undefined,
      {},
      async () => ({ headers: { Authorization: 'Bearer hunter2' } }),
    )
    await new Promise((resolve) => server.close(resolve))
    const error = await transport({ method: 'GET', path: '/' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'Unreachable', reason: 'ClusterUnreachable' })
    expect(String(error)).toContain('ECONNREFUSED')
    expect(JSON.stringify(error)).not.toContain('hunter2')
  })

  it('asks for fresh credentials once after a 401', async () => {
    const asked: boolean[] = []
    const { transport } = await serve(
      (request, response) =>
        json(response, {}, request.headers.authorization === 'Bearer new' ? 200 : 401),
      {},
      async (isRefresh) => {
        asked.push(isRefresh)
        return { headers: { Authorization: isRefresh ? 'Bearer new' : 'Bearer old' } }
      },
    )
    expect((await transport({ method: 'GET', path: '/' })).status).toBe(200)
    expect(asked).toEqual([false, true])
  })

  it('connects to no address that is refused, given as such or behind a name', async () => {
    const checkAddress = (address: string): string => `${address} is a metadata address`
    const credentials = async (): Promise<Credentials> => ({})
    for (const host of ['169.254.169.254', '[::1]', 'localhost']) {
      const transport = createHttpsTransport(
        { server: `http://${host}:1`, credentials },
        { checkAddress },
      )
      await expect(transport({ method: 'GET', path: '/' })).rejects.toMatchObject({
        code: 'Unreachable',
        message: expect.stringContaining('is a metadata address'),
      })
    }
  })

  it('reads when to come back', async () => {
    const { transport } = await serve((_, response) => {
      response.writeHead(429, { 'Retry-After': '7', 'Content-Type': 'text/plain' }).end('slow')
    })
    expect(await transport({ method: 'GET', path: '/' })).toEqual({
      status: 429,
      body: 'slow',
      warnings: [],
      retryAfterSeconds: 7,
    })
  })
})
