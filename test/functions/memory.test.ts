import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadFleet } from '../../lib/fleet/load.ts'
import { createOperations } from '../../lib/reconcile/operations.ts'
import { createRegistry } from '../../lib/reconcile/registry.ts'
import { syncFleet } from '../../lib/reconcile/sync-fleet.ts'
import { createAwsBase } from '../../lib/runtime/aws-base.ts'
import { createSandboxBucket } from '../../lib/sandbox/bucket.ts'
import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { bundleFunctions } from '../../scripts/bundle-functions.ts'
import { bucketSource, fleetOf, kustomization } from '../attacks/fleet.ts'
import { type AwsWorld, createAwsWorld } from '../cli/aws-world.ts'

const count = 4_000
/** What the function is given. */
const memoryMb = Number(
  /\n {2}reconcile:[\s\S]*?memorySize: (\d+)/.exec(readFileSync('serverless.yml', 'utf8'))?.[1],
)

const folder = mkdtempSync(join(tmpdir(), 'driftless-memory-'))
const closers: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
let world: AwsWorld
const waiting: string[] = []

beforeAll(async () => {
  world = await createAwsWorld('/')
  closers.push(world.close)
  world.actions.set('AmazonSQS.SendMessageBatch', (input) => {
    const { QueueUrl, Entries }: { QueueUrl: string; Entries: { MessageBody: string }[] } =
      JSON.parse(input)
    if (QueueUrl.includes('request')) waiting.push(...Entries.map((entry) => entry.MessageBody))
    return { status: 200, body: '{"Successful":[]}' }
  })
  await bundleFunctions(folder)
}, 120_000)
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
})

it('A40: the function brings 4,000 objects to a cluster within half of its memory', {
  timeout: 300_000,
}, async () => {
  const environment = await openFleet()
  const child = startFunction(environment)
  const peaks: number[] = []
  for (let body = waiting.shift(); body !== undefined; body = waiting.shift()) {
    peaks.push(await invoke(child, body))
  }
  const base = createAwsBase(environment)
  const operations = createOperations({ ...base, registry: createRegistry(base) })
  const id = { cluster: 'here', kind: 'Kustomization', namespace: 'flux-system', name: 'many' }
  const found = await operations.object(id)
  expect(found?.message).toContain('Applied revision')
  expect(found?.inventory).toHaveLength(count)
  expect(Math.max(...peaks)).toBeLessThan(memoryMb / 2)
})

/** A cluster, a bucket of so many manifests, and a fleet that joins them. */
async function openFleet(): Promise<Readonly<Record<string, string>>> {
  const cluster = createSandboxCluster()
  closers.push(cluster.close)
  const { kubeconfigText } = await cluster.listen()
  const bucket = createSandboxBucket()
  const host = await bucket.listen()
  closers.push(host.close)
  for (let file = 0; file < 4; file += 1) {
    const names = Array.from({ length: count / 4 }, (_, at) => `map-${file}-${at}`)
    await bucket.put('attacks', `many/file-${file}.yaml`, names.map(configMap).join('---\n'))
  }
  const environment = {
    ...world.environment,
    STATE_BUCKET: 'state',
    REQUEST_QUEUE_URL: 'https://sqs/1/request.fifo',
    REQUEST_DELAY_QUEUE_URL: 'https://sqs/1/request-delay',
    NOTICE_QUEUE_URL: 'https://sqs/1/notice.fifo',
    NOTICE_DELAY_QUEUE_URL: 'https://sqs/1/notice-delay',
    ALLOWED_ADDRESSES: '127.0.0.0/8',
    DRIFTLESS_SECRET_HERE__VALUE: kubeconfigText,
    DRIFTLESS_SECRET_KEYS__ACCESSKEY: 'any',
    DRIFTLESS_SECRET_KEYS__SECRETKEY: 'any-secret',
  }
  const objects = [bucketSource('many', new URL(host.url).host), kustomization('many')]
  const connection = { kubeConfig: { secretRef: { name: 'here' } } }
  const fleet = loadFleet([{ file: 'fleet.yaml', text: fleetOf(objects, { connection }) }])
  expect(fleet.faults).toEqual([])
  const base = createAwsBase(environment)
  await syncFleet({ ...base, registry: createRegistry(base) }, fleet)
  return environment
}

function configMap(name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\ndata: { text: ${'x'.repeat(400)} }\n`
}

/** The bundle in a process of its own; it answers each message with the most memory that it ever had, in MB. */
function startFunction(environment: Readonly<Record<string, string>>): ChildProcess {
  const entry = join(folder, 'memory.mjs')
  writeFileSync(
    entry,
    `import { handler } from './reconcile/index.mjs'
const context = { getRemainingTimeInMillis: () => 900_000 }
process.on('message', async (event) => {
  const answer = await handler(event, context)
  process.send({ answer, peakMb: process.resourceUsage().maxRSS / 1024 })
})
`,
  )
  const child = fork(entry, [], {
    env: environment,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  closers.push(() => child.kill('SIGKILL'))
  return child
}

async function invoke(child: ChildProcess, body: string): Promise<number> {
  const attributes = { ApproximateReceiveCount: '1', MessageGroupId: 'one' }
  const eventSourceARN = 'arn:aws:sqs:eu-west-1:1:request.fifo'
  const record = { messageId: 'one', receiptHandle: 'one', body, attributes, eventSourceARN }
  const answered = new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`the function ended with ${code}`)))
  })
  child.send({ Records: [record] })
  const { answer, peakMb } = Object(await answered)
  expect(answer).toEqual({ batchItemFailures: [] })
  return Number(peakMb)
}
