/**
 * What Driftless costs on AWS: the requests that a minute at rest, a look and a push make, counted where they arrive, and what
 * they come to by list prices. One cluster, one source, one Kustomization of four objects.
 */
import { createHmac, randomUUID } from 'node:crypto'
import { packTree } from '../lib/artifact/archive.ts'
import { filesOfTexts } from '../lib/artifact/tree.ts'
import { createClusterClient } from '../lib/cluster/client.ts'
import type { ObjectId } from '../lib/fleet/object-id.ts'
import { parseEnvelope } from '../lib/queue/envelope.ts'
import type { Consume } from '../lib/queue/queue.ts'
import { createReceiverApp } from '../lib/receiver/ingress.ts'
import { createArtifacts } from '../lib/reconcile/artifacts.ts'
import { readClusterSpec } from '../lib/reconcile/clusters.ts'
import { messageOf } from '../lib/reconcile/enqueue.ts'
import { keys } from '../lib/reconcile/keys.ts'
import type { Ports } from '../lib/reconcile/ports.ts'
import { createRegistry } from '../lib/reconcile/registry.ts'
import { createWorker } from '../lib/reconcile/worker.ts'
import { createAwsBase, createAwsQueue } from '../lib/runtime/aws-base.ts'
import { createDrift } from '../lib/runtime/aws-drift.ts'
import { createAwsIngress } from '../lib/runtime/aws-ingress.ts'
import { openFleetBucket } from '../lib/runtime/fleet-bucket.ts'
import { pushFleet } from '../lib/runtime/push-fleet.ts'
import { createSandboxCluster } from '../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { createMemorySecrets } from '../lib/secrets/memory.ts'
import { createAwsWorld } from '../test/cli/aws-world.ts'

/** US dollars for a million, eu-west-1, as AWS listed them in 2026; a GB-second on arm64. */
const price = {
  s3Write: 5,
  s3Read: 0.4,
  fifo: 0.5,
  queue: 0.4,
  invoke: 0.2,
  gbSecond: 13.3334,
  http: 1.11,
}

const fleet = `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: one }
spec:
  connection: { eks: { name: one, region: eu-west-1 } }
  sync:
    source: { kind: GitRepository, url: "https://github.com/acme/fleet", ref: { branch: main } }
    path: ./
`
const secret = 'bench'
const source: ObjectId = idOf('GitRepository')
const kustomization: ObjectId = idOf('Kustomization')

const world = await createAwsWorld('/')
const sandbox = createSandboxCluster({ settleMs: 0 })
try {
  await measure()
} finally {
  await sandbox.close()
  await world.close()
}

async function measure(): Promise<void> {
  const environment = {
    ...world.environment,
    STATE_BUCKET: 'state',
    REQUEST_QUEUE_URL: 'https://sqs/1/request.fifo',
    REQUEST_DELAY_QUEUE_URL: 'https://sqs/1/delay',
    NOTICE_QUEUE_URL: 'https://sqs/1/notice.fifo',
    NOTICE_DELAY_QUEUE_URL: 'https://sqs/1/notice-delay',
    SEAL_KEY: Buffer.alloc(32).toString('base64'),
    DRIFTLESS_SECRET_WEBHOOKS__GITHUB: secret,
  }
  let count = 1
  const work = createWorker(portsOf(environment, () => count))
  const drain = catchRequests(work)
  const minute = createDrift(environment)
  await pushTheFleet(environment)
  for (let round = 0; round < 2; round += 1) {
    await minute()
    await drain()
  }
  const rest = await counted(minute)
  print('a minute at rest', rest)
  await drain()
  print('a look at an unchanged source', await counted(() => look(work, source)))
  print('a look at an unchanged Kustomization', await counted(() => look(work, kustomization)))
  await drain()
  const app = createReceiverApp(createAwsIngress(environment))
  count += 1
  const webhook = await counted(() => deliver(app))
  print('the webhook of a push', webhook)
  let messages = 0
  const reconcile = await counted(async () => {
    messages = await drain()
  })
  print(`what it asks for, ${messages} requests`, reconcile)
  printPrices(rest, dollarsOf(webhook) + dollarsOf(reconcile))
}

/** Catches what is sent to the request queue; the function it answers works on all of it, and says how many there were. */
function catchRequests(work: Consume): () => Promise<number> {
  const taken: string[] = []
  world.actions.set('AmazonSQS.SendMessageBatch', (input) => {
    const { QueueUrl, Entries }: { QueueUrl: string; Entries: { MessageBody: string }[] } =
      JSON.parse(input)
    const isRequest = /request\.fifo|\/delay/.test(QueueUrl)
    if (isRequest) taken.push(...Entries.map(({ MessageBody }) => MessageBody))
    return { status: 200, body: '{"Successful":[]}' }
  })
  return async () => {
    let messages = 0
    for (let body = taken.shift(); body !== undefined; body = taken.shift()) {
      const message = parseEnvelope(body)
      if (message !== undefined) await work({ ...message, receiveCount: 1 })
      messages += 1
    }
    return messages
  }
}

async function pushTheFleet(environment: Readonly<Record<string, string>>): Promise<void> {
  const bucket = openFleetBucket(createAwsBase(environment).call, 'state')
  const file = { file: 'fleet.yaml', text: fleet }
  await pushFleet(bucket, [file], { now: new Date(), isDryRun: false })
}

async function look(work: Consume, id: ObjectId): Promise<void> {
  const request = { id, cause: 'interval' as const, requestedAt: new Date().toISOString() }
  await work({ ...messageOf(request, randomUUID()), receiveCount: 1 })
}

function printPrices(rest: Counts, dollarsOfPush: number): void {
  const perMonth = (43_200 * dollarsOf(rest)).toFixed(2)
  console.log(`S3 of 43,200 minutes at rest: $${perMonth} a month`)
  console.log(`S3 and SQS of a push: $${dollarsOfPush.toFixed(6)}`)
  console.log(`prices used, $ a million: ${JSON.stringify(price)}`)
}

type Counts = { readonly reads: number; readonly writes: number; readonly sends: number }

async function counted(run: () => Promise<unknown>): Promise<Counts> {
  world.requests.length = 0
  world.calls.length = 0
  await run()
  const isWrite = (request: string) => /^PUT|list-type=2/.test(request)
  const writes = world.requests.filter(isWrite).length
  const deletes = world.requests.filter((request) => request.startsWith('DELETE')).length
  return { reads: world.requests.length - writes - deletes, writes, sends: world.calls.length }
}

function dollarsOf({ reads, writes, sends }: Counts): number {
  return (reads * price.s3Read + writes * price.s3Write + sends * price.fifo) / 1_000_000
}

function print(title: string, counts: Counts): void {
  const { reads, writes, sends } = counts
  console.log(
    `${title.padEnd(38)} S3 ${String(reads).padStart(3)} reads, ${String(writes).padStart(3)} lists and writes, SQS ${sends} sends`,
  )
}

async function deliver(app: ReturnType<typeof createReceiverApp>): Promise<void> {
  const body = JSON.stringify({
    ref: 'refs/heads/main',
    after: '2'.repeat(40),
    repository: {
      full_name: 'acme/fleet',
      clone_url: 'https://github.com/acme/fleet.git',
      html_url: 'https://github.com/acme/fleet',
    },
  })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const headers = {
    'content-type': 'application/json',
    'x-github-event': 'push',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${signature}`,
  }
  const answer = await app.request('/webhooks/github', { method: 'POST', headers, body })
  if (answer.status !== 202) throw new Error(`the webhook answered ${answer.status}`)
}

function portsOf(environment: Readonly<Record<string, string>>, count: () => number): Ports {
  const base = createAwsBase(environment)
  const { store, now } = base
  return {
    ...base,
    leases: store,
    registry: createRegistry(base),
    notices: createAwsQueue(base.call, environment, 'NOTICE'),
    buildWithRemotes: async () => {
      throw new Error('nothing remote is built here')
    },
    random: Math.random,
    owner: 'bench',
    clusters: {
      find: (name) => readClusterSpec(store, name),
      connect: async () => createClusterClient(sandbox.transport, { now }),
      connectRemote: async () => createClusterClient(sandbox.transport, { now }),
    },
    refuseFlux: async () => {},
    sources: {
      // As a fetch leaves it; the Git host is not AWS's.
      fetch: async ({ previous }) => {
        const revision = `main@sha1:${String(count()).repeat(40)}`
        const files = filesOfTexts(contentOf(count()))
        const { bytes, digest } = packTree(files)
        if (previous?.revision !== revision) await store.put(keys.artifact(digest), bytes)
        const fetched = { digest, sizeBytes: bytes.length, fileCount: files.size }
        return { revision, ...fetched, rules: '', notices: [] }
      },
    },
    artifacts: createArtifacts(store),
    secretStore: createMemorySecrets({}),
    sealer: { seal: async (plain) => plain, open: async (sealed) => sealed },
  }
}

function contentOf(count: number): Record<string, string> {
  const names = ['a', 'b', 'c', 'd']
  const manifest = (name: string, value: number) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\ndata: { value: '${value}' }\n`
  return {
    'kustomization.yaml': `resources: [${names.map((name) => `${name}.yaml`).join(', ')}]\n`,
    ...Object.fromEntries(
      names.map((name) => [`${name}.yaml`, manifest(name, name === 'a' ? count : 0)]),
    ),
  }
}

function idOf(kind: string): ObjectId {
  return { cluster: 'one', kind, namespace: 'flux-system', name: 'flux-system' }
}
