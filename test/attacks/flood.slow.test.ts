import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, childDirectory, startChild } from './child.ts'
import { fleetOf } from './fleet.ts'
import { deliver, eventually, githubHeaders, githubPush } from './serve.ts'

const mebibyte = 1024 * 1024
const skip = existsSync('/proc/self/status')
  ? undefined
  : 'the memory of a process is read in /proc'

describe.skipIf(skip !== undefined)(`the doors under a flood${skip ? ` (${skip})` : ''}`, () => {
  let child: Child
  let port: number
  let remove: () => Promise<void>

  beforeAll(async () => {
    const made = await childDirectory(fleetOf([]))
    remove = made.remove
    child = await startChild({ directory: made.directory })
    port = Number(new URL(child.url).port)
  })
  afterAll(async () => {
    await child.kill()
    await remove()
  })

  const pushOfNobody = () => githubPush('https://git.example', 'nobody')

  it('A01: answer an endless body 413 at the cap, and grow by less than 10 MB', async () => {
    // How much garbage the runtime lets lie is known after a few.
    for (let i = 0; i < 20; i += 1) await flood(port, {})
    const before = child.peakBytes()
    const endless = await flood(port, { 'transfer-encoding': 'chunked' })
    const declared = await flood(port, { 'content-length': String(2048 * mebibyte) })
    expect([endless.status, declared.status]).toEqual([413, 413])
    expect(Math.max(endless.sentBytes, declared.sentBytes)).toBeLessThan(64 * mebibyte)
    expect(child.peakBytes() - before).toBeLessThan(10 * mebibyte)
    expect(child.log()).not.toMatch(/error|JSON/i)
    expect((await deliver(child.url, pushOfNobody())).status).toBe(200)
  })

  it('A49: hold no more for 300 uploads that never end, and starve nobody', async () => {
    const before = child.peakBytes()
    const uploads = await Promise.all(Array.from({ length: 300 }, () => hangingUpload(port)))
    for (let i = 0; i < 20; i += 1) {
      const forged = githubPush('https://git.example', `name-${i}`)
      const headers = githubHeaders(forged, {}, 'a wrong secret')
      expect((await deliver(child.url, forged, headers)).status).toBe(404)
      expect((await deliver(child.url, pushOfNobody())).status).toBe(200)
    }
    const large = githubPush('https://git.example', 'nobody', {
      more: { pad: 'x'.repeat(2_900_000) },
    })
    expect((await deliver(child.url, large)).status).toBe(200)
    await eventually(
      async () => uploads.filter(({ isAnswered }) => isAnswered()).length > 200,
      'most of them are sent away',
    )
    expect(child.peakBytes() - before).toBeLessThan(160 * mebibyte)
    for (const { socket } of uploads) socket.destroy()
  })
})

/** Sends without end until the server hangs up. */
function flood(
  port: number,
  more: Readonly<Record<string, string>>,
): Promise<{ readonly status: number | undefined; readonly sentBytes: number }> {
  return new Promise((resolve) => {
    let sentBytes = 0
    let status: number | undefined
    const chunk = Buffer.alloc(64 * 1024)
    const headers = { 'x-github-event': 'push', 'x-hub-signature-256': 'sha256=0', ...more }
    const call = request({ port, path: '/webhooks/github', method: 'POST', headers })
    const finish = () => {
      call.destroy()
      resolve({ status, sentBytes })
    }
    const write = () => {
      while (!call.destroyed && sentBytes < 2048 * mebibyte) {
        sentBytes += chunk.length
        if (!call.write(chunk)) return void call.once('drain', write)
      }
    }
    call.on('response', (response) => {
      status = response.statusCode
      response.resume()
    })
    call.on('error', finish)
    call.on('close', finish)
    write()
  })
}

/** Nearly all of a body of 3 MB, and then nothing more. */
function hangingUpload(
  port: number,
): Promise<{ readonly socket: Socket; readonly isAnswered: () => boolean }> {
  return new Promise((resolve) => {
    let isAnswered = false
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('POST /webhooks/github HTTP/1.1\r\nhost: x\r\ncontent-length: 3000000\r\n\r\n')
      socket.write(Buffer.alloc(2_900_000), done)
    })
    const done = () => resolve({ socket, isAnswered: () => isAnswered })
    const answered = () => {
      isAnswered = true
      done()
    }
    socket.on('data', answered)
    socket.on('error', answered)
    socket.on('close', answered)
  })
}
