/**
 * How long a Git host waits for 202: signed pushes over loopback to the front door in a process of its own, whose queue
 * keeps every request on disk before it answers. Beside it, what a forged delivery costs, and the size of the bundle.
 */
import { fork } from 'node:child_process'
import { createHmac, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, createServer, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import { build } from 'esbuild'
import { formatId } from '../lib/fleet/object-id.ts'
import { createLocalQueue } from '../lib/queue/local.ts'
import { createReceiverApp } from '../lib/receiver/ingress.ts'

const secret = 'bench-secret'
const goalMs = 10
const goalKib = 80
const pushes = new Map<number, string>()

if (process.argv.includes('--server')) await serveDoor()
else process.exitCode = await measureDoor()

async function measureDoor(): Promise<number> {
  const child = fork(fileURLToPath(import.meta.url), ['--server'])
  const [port] = await once(child, 'message')
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const post = (body: string, key = secret) => deliver(agent, Number(port), body, key)
  try {
    await measure('warm-up', 300, 1, () => post(push(7)))
    const one = await measure('push of 7 KiB, one by one', 2000, 1, () => post(push(7)))
    await measure('push of 7 KiB, 16 at a time', 4000, 16, () => post(push(7)))
    await measure('push of 1 MiB, one by one', 100, 1, () => post(push(1024)))
    await measure('forged, 7 KiB', 1000, 1, () => post(push(7), 'guess'), 404)
    await measure('forged, 3 MiB', 50, 1, () => post(push(3000), 'guess'), 404)
    const sizeKib = await bundleKib()
    console.log(`bundle of the front door: ${sizeKib.toFixed(1)} KiB minified (goal ≤ ${goalKib})`)
    console.log(`acknowledge p99 ${one.toFixed(2)} ms (goal ≤ ${goalMs})`)
    return one <= goalMs && sizeKib <= goalKib ? 0 : 1
  } finally {
    agent.destroy()
    child.kill()
  }
}

/** Runs `count` deliveries, `width` at a time, prints the quantiles, and returns the 99th percentile in ms. */
async function measure(
  name: string,
  count: number,
  width: number,
  run: () => Promise<number>,
  status = 202,
): Promise<number> {
  const times: number[] = []
  const worker = async () => {
    for (let left = Math.ceil(count / width); left > 0; left -= 1) {
      const startedAt = performance.now()
      const answer = await run()
      times.push(performance.now() - startedAt)
      if (answer !== status) throw new Error(`${name}: answered ${answer}`)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
  times.sort((a, b) => a - b)
  const at = (q: number) => times[Math.min(times.length - 1, Math.floor(q * times.length))] ?? 0
  const columns = [0.5, 0.9, 0.99, 1].map((q) => at(q).toFixed(2).padStart(7)).join(' ')
  console.log(`${name.padEnd(28)} ${columns} ms  (p50 p90 p99 max)`)
  return at(0.99)
}

function deliver(agent: Agent, port: number, body: string, key: string): Promise<number> {
  const signature = createHmac('sha256', key).update(body).digest('hex')
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${signature}`,
  }
  return new Promise((resolve, reject) => {
    const options = { agent, port, host: '127.0.0.1', path: '/webhooks/github', headers }
    const call = request({ ...options, method: 'POST' }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
    call.on('error', reject).end(body)
  })
}

function push(sizeKib: number): string {
  const known = pushes.get(sizeKib)
  if (known !== undefined) return known
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    after: '67e2c98a5f5e4dfd6a0d0b2a1f9d9b0c2c3e4f50',
    repository: { clone_url: 'https://github.com/acme/fleet.git' },
    commits: [{ message: 'x'.repeat(sizeKib * 1024 - 300) }],
  })
  pushes.set(sizeKib, body)
  return body
}

async function serveDoor(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'driftless-bench-'))
  const { queue } = createLocalQueue({ directory, lock: () => () => undefined })
  const id = { cluster: 'c', kind: 'GitRepository', namespace: 'flux-system', name: 'flux-system' }
  const app = createReceiverApp({
    secretsFor: async () => [secret],
    sourcesOf: async () => [id],
    receiversAt: async () => [],
    enqueue: (requests, deliveryId) =>
      queue.send(
        requests.map((entry) => ({
          group: formatId(entry.id),
          id: `${deliveryId}/${formatId(entry.id)}`,
          body: JSON.stringify(entry),
        })),
      ),
    now: () => new Date(),
  })
  const server = createServer(getRequestListener(app.fetch))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  process.send?.(typeof address === 'object' ? address?.port : 0)
  process.on('SIGTERM', () => {
    void rm(directory, { recursive: true, force: true }).finally(() => process.exit(0))
  })
}

async function bundleKib(): Promise<number> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../lib/receiver/ingress.ts', import.meta.url))],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    write: false,
  })
  return (outputFiles[0]?.contents.length ?? 0) / 1024
}
