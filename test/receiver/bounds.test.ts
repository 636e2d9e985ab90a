import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { afterEach, describe, expect, it } from 'vitest'
import { createRoom, maxBodyBytes, readInbound } from '../../lib/receiver/bounds.ts'
import { createReceiverApp } from '../../lib/receiver/ingress.ts'
import { githubHeaders, githubPush, recordingPorts, secret } from './deliveries.ts'

const mebibyte = 1024 * 1024

function streamOf(sizeBytes: number): { request: Request; pulledBytes: () => number } {
  let pulled = 0
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const size = Math.min(64 * 1024, sizeBytes - pulled)
      pulled += size
      if (size === 0) controller.close()
      else controller.enqueue(new Uint8Array(size))
    },
  })
  const init = { method: 'POST', body, duplex: 'half' } as const
  return { request: new Request('http://x/', init), pulledBytes: () => pulled }
}

describe('readInbound', () => {
  it('takes a body of exactly the cap and not one byte more', async () => {
    expect(await readInbound(streamOf(maxBodyBytes).request)).toMatchObject({
      body: { length: maxBodyBytes },
    })
    expect(await readInbound(streamOf(maxBodyBytes + 1).request)).toBe('body too large')
  })

  it('stops pulling an endless stream at the cap', async () => {
    const endless = streamOf(Number.POSITIVE_INFINITY)
    expect(await readInbound(endless.request)).toBe('body too large')
    expect(endless.pulledBytes()).toBeLessThan(maxBodyBytes + mebibyte)
  })

  it.each(['999999999999', '-1e99x', 'NaN'])(
    'reads nothing of a body that declares %s bytes',
    async (length) => {
      const { request: bare, pulledBytes } = streamOf(10 * mebibyte)
      const declared = new Request(bare, { headers: { 'content-length': length } })
      expect(await readInbound(declared)).toBe('body too large')
      expect(pulledBytes()).toBeLessThan(mebibyte)
    },
  )

  it('bounds the headers', async () => {
    const headers = { 'x-large': 'x'.repeat(70_000) }
    expect(await readInbound(new Request('http://x/', { headers }))).toBe('headers too large')
  })

  it('tells a body that breaks off', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.error(new Error('reset')),
    })
    const init = { method: 'POST', body, duplex: 'half' } as const
    expect(await readInbound(new Request('http://x/', init))).toBe('broken off')
  })
})

describe('bodies that arrive at the same time', () => {
  const upload = () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
    const writer = writable.getWriter()
    const init = { method: 'POST', body: readable, duplex: 'half' } as const
    return {
      request: new Request('http://x/', init),
      send: (sizeBytes: number) => writer.write(new Uint8Array(sizeBytes)),
      end: () => writer.close(),
    }
  }

  it('leave in the order in which they came, once they fill the room', async () => {
    const room = createRoom(1_000)
    const uploads = [upload(), upload(), upload()]
    const read = uploads.map(({ request }) => readInbound(request, room))
    for (const { send } of uploads) await send(400)
    expect(await read[0]).toBe('crowded out')
    for (const { end } of uploads.slice(1)) await end()
    expect(await Promise.all(read.slice(1))).toEqual([
      { headers: expect.anything(), body: new Uint8Array(400) },
      { headers: expect.anything(), body: new Uint8Array(400) },
    ])
  })
})

describe('the front door over loopback', () => {
  const closers: (() => void)[] = []
  afterEach(() => {
    for (const close of closers.splice(0)) close()
  })

  async function listen() {
    const ports = recordingPorts()
    const server = createServer(getRequestListener(createReceiverApp(ports).fetch))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(
      () => server.closeAllConnections(),
      () => server.close(),
    )
    return { ports, port: (server.address() as AddressInfo).port }
  }

  it('answers an endless chunked body 413 with flat memory, and serves the next', async () => {
    const { port, ports } = await listen()
    const before = process.memoryUsage().rss
    const { status, sentBytes } = await flood(port)
    const grownBytes = process.memoryUsage().rss - before
    expect(status).toBe(413)
    expect(sentBytes).toBeLessThan(64 * mebibyte)
    expect(grownBytes).toBeLessThan(48 * mebibyte)
    const body = JSON.stringify(githubPush)
    const init = { method: 'POST', body, headers: githubHeaders(githubPush, {}, secret) }
    const next = await fetch(`http://127.0.0.1:${port}/webhooks/github`, init)
    expect(next.status).toBe(202)
    expect(ports.sent).toHaveLength(1)
  })
})

/** Sends chunks until the server answers or hangs up; a body declared by nobody. */
function flood(port: number): Promise<{ status: number | undefined; sentBytes: number }> {
  return new Promise((resolve) => {
    let sentBytes = 0
    let status: number | undefined
    const chunk = Buffer.alloc(64 * 1024)
    const headers = { 'x-github-event': 'push', 'transfer-encoding': 'chunked' }
    const call = request({ port, path: '/webhooks/github', method: 'POST', headers })
    const finish = () => {
      call.destroy()
      resolve({ status, sentBytes })
    }
    const write = () => {
      while (status === undefined && !call.destroyed && sentBytes < 2048 * mebibyte) {
        sentBytes += chunk.length
        if (!call.write(chunk)) return void call.once('drain', write)
      }
    }
    call.on('response', (response) => {
      status = response.statusCode
      response.resume().on('close', finish)
    })
    call.on('error', finish)
    write()
  })
}
