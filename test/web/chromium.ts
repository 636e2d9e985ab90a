import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { isJsonObject, type Json, type JsonObject, textAt } from '../../lib/manifest/object.ts'

/** A page in headless Chromium, spoken to by its own protocol. */
export type Browser = {
  /** The value of an expression in the page. */
  readonly evaluate: (expression: string) => Promise<Json>
  /** Gives the page so many pixels of width, as a phone would. */
  readonly resize: (width: number) => Promise<void>
  /** What the page's console and its security policy complained of. */
  readonly complaints: readonly string[]
  readonly close: () => Promise<void>
}

/** Where Chromium is installed, if it is. */
export function chromiumPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync)
}

export async function openPage(program: string, url: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'driftless-chromium-'))
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0']
  const child = spawn(program, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const socket = await connect(await debuggerUrl(child))
  const complaints: string[] = []
  const send = createProtocol(socket, (method, params) => {
    if (isComplaint(method, params)) complaints.push(`${method} ${JSON.stringify(params)}`)
  })
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' })
  const { sessionId } = await send('Target.attachToTarget', {
    targetId: targetId ?? null,
    flatten: true,
  })
  const session = typeof sessionId === 'string' ? sessionId : ''
  for (const method of ['Runtime.enable', 'Log.enable', 'Page.enable']) {
    await send(method, {}, session)
  }
  await send('Page.navigate', { url }, session)
  return {
    complaints,
    evaluate: async (expression) => {
      const params = { expression, returnByValue: true, awaitPromise: true }
      const { result } = await send('Runtime.evaluate', params, session)
      return isJsonObject(result) ? (result.value ?? null) : null
    },
    resize: async (width) => {
      const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: false }
      await send('Emulation.setDeviceMetricsOverride', metrics, session)
    },
    close: async () => {
      socket.close()
      child.kill('SIGKILL')
      await gone
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function isComplaint(method: string, params: JsonObject): boolean {
  if (method === 'Runtime.exceptionThrown') return true
  if (method === 'Runtime.consoleAPICalled') return textAt(params, 'type') === 'error'
  const { entry } = params
  return method === 'Log.entryAdded' && isJsonObject(entry) && textAt(entry, 'level') === 'error'
}

type Send = (method: string, params: JsonObject, sessionId?: string) => Promise<JsonObject>

function createProtocol(
  socket: WebSocket,
  told: (method: string, params: JsonObject) => void,
): Send {
  const waiting = new Map<number, (result: JsonObject) => void>()
  let count = 0
  socket.addEventListener('message', ({ data }) => {
    const message: unknown = JSON.parse(String(data))
    if (!isJsonObject(message)) return
    const { id, method, params, result } = message
    if (typeof method === 'string') told(method, isJsonObject(params) ? params : {})
    if (typeof id === 'number') waiting.get(id)?.(isJsonObject(result) ? result : {})
  })
  return (method, params, sessionId) => {
    count += 1
    const id = count
    return new Promise((resolve) => {
      waiting.set(id, resolve)
      const scope = sessionId === undefined ? {} : { sessionId }
      socket.send(JSON.stringify({ id, method, params, ...scope }))
    })
  }
}

async function connect(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', () => reject(new Error(`${url} refuses`)), { once: true })
  })
  return socket
}

async function debuggerUrl(child: ChildProcess): Promise<string> {
  let log = ''
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString('utf8')
      const found = /DevTools listening on (ws:\S+)/.exec(log)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`Chromium ended with ${code}: ${log}`)))
  })
}
