import type { SQSRecord } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadFleet } from '../../lib/fleet/load.ts'
import { jobGroup, type NoticeJob } from '../../lib/notify/notifier.ts'
import { formatEnvelope, parseEnvelope } from '../../lib/queue/envelope.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import { createRegistry } from '../../lib/reconcile/registry.ts'
import { syncFleet } from '../../lib/reconcile/sync-fleet.ts'
import { createAwsBase } from '../../lib/runtime/aws-base.ts'
import { createNotifyDoor } from '../../lib/runtime/aws-notify.ts'
import type { Event } from '../../lib/status/event.ts'
import { type AwsWorld, createAwsWorld } from '../cli/aws-world.ts'
import { type Loopback, listen } from '../http/loopback.ts'
import { printKubeconfig } from '../peers/kubeconfig.ts'

const eventId = '1795452630886-0000-a'

let world: AwsWorld
let silent: Loopback
/** A cluster that is there, but does not tell its Secrets. */
let stuckCluster: Loopback
let chat: Loopback
let environment: Readonly<Record<string, string>>
const posted: string[] = []
const sent: { readonly queue: string; readonly bodies: readonly string[] }[] = []

beforeEach(async () => {
  posted.length = 0
  sent.length = 0
  world = await createAwsWorld('/')
  silent = await listen(() => {})
  stuckCluster = await listen((request, response) => {
    if (request.url?.startsWith('/version')) response.end('{}')
  })
  chat = await listen((request, response) => {
    posted.push(request.url ?? '')
    response.end('ok')
  })
  const kubeconfig = printKubeconfig({ server: stuckCluster.url, ca: '', token: 'token' })
  environment = {
    ...world.environment,
    STATE_BUCKET: 'state',
    REQUEST_QUEUE_URL: 'https://sqs/1/request.fifo',
    REQUEST_DELAY_QUEUE_URL: 'https://sqs/1/request-delay',
    NOTICE_QUEUE_URL: 'https://sqs/1/notice.fifo',
    NOTICE_DELAY_QUEUE_URL: 'https://sqs/1/notice-delay',
    NOTICE_DEAD_LETTERS_URL: 'https://sqs/1/notice-dead.fifo',
    ALLOWED_ADDRESSES: '127.0.0.0/8',
    DRIFTLESS_SECRET_STUCK__VALUE: kubeconfig,
  }
  world.actions.set('AmazonSQS.SendMessageBatch', (input) => {
    const { QueueUrl, Entries }: { QueueUrl: string; Entries: { MessageBody: string }[] } =
      JSON.parse(input)
    sent.push({ queue: QueueUrl, bodies: Entries.map(({ MessageBody }) => MessageBody) })
    return { status: 200, body: '{"Successful":[]}' }
  })
  world.actions.set('AmazonSQS.ChangeMessageVisibilityBatch', () => ({ status: 200, body: '{}' }))
})
afterEach(async () => {
  for (const server of [chat, silent, stuckCluster, world]) await server.close()
})

/** Registers generic providers by their specs, and keeps one event to tell them of. */
async function register(providers: Readonly<Record<string, string>>): Promise<void> {
  const base = createAwsBase(environment)
  const texts = Object.entries(providers).map(
    ([name, spec]) =>
      `apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata: { name: ${name}, namespace: flux-system }\nspec: { type: generic, ${spec} }\n`,
  )
  const cluster =
    'apiVersion: fleet.driftless.dev/v1\nkind: Cluster\nmetadata: { name: one }\nspec: { connection: { kubeConfig: { secretRef: { name: stuck } } } }\n'
  const fleet = loadFleet([{ file: 'fleet.yaml', text: [cluster, ...texts].join('---\n') }])
  expect(fleet.faults).toEqual([])
  await syncFleet({ ...base, registry: createRegistry(base) }, fleet)
  const event: Event = {
    id: eventId,
    cluster: 'one',
    involvedObject: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'apps',
    },
    severity: 'info',
    timestamp: '2026-11-23T10:00:00.000Z',
    reason: 'ReconciliationSucceeded',
    message: 'applied',
    metadata: {},
    reportingController: 'kustomize-controller',
  }
  await base.store.put(keys.event(eventId), JSON.stringify({ version: 1, ...event }))
  sent.length = 0
}

function recordOf(name: string): SQSRecord {
  const provider = { cluster: 'one', kind: 'Provider', namespace: 'flux-system', name }
  const job: NoticeJob = { kind: 'event', eventId, provider, metadata: {}, attempt: 1 }
  const message = { group: jobGroup(job), id: name, body: JSON.stringify({ job }) }
  return {
    messageId: name,
    receiptHandle: name,
    body: formatEnvelope(message),
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:1:notice.fifo',
    awsRegion: 'eu-west-1',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
      MessageGroupId: message.group,
    },
  }
}

/** A function that is to hand over after some seconds, although there was time to begin. */
async function deliver(names: readonly string[], graceMs?: number): Promise<readonly string[]> {
  const remaining = [24_000]
  const context = {
    callbackWaitsForEmptyEventLoop: false,
    functionName: '',
    functionVersion: '',
    invokedFunctionArn: '',
    memoryLimitInMB: '',
    awsRequestId: '',
    logGroupName: '',
    logStreamName: '',
    getRemainingTimeInMillis: () => remaining.pop() ?? 40_000,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  }
  const door = createNotifyDoor(environment, graceMs)
  const answer = await door({ Records: names.map(recordOf) }, context)
  return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)
}

describe('the function that notifies', () => {
  it('puts off nine channels that do not answer, and has told the one that does', async () => {
    const slow = Array.from({ length: 9 }, (_, at) => `slow-${at}`)
    const specs = slow.map((name) => [name, `address: '${silent.url}/in', timeout: 1m`])
    await register({ ...Object.fromEntries(specs), quick: `address: '${chat.url}/quick'` })
    expect(await deliver([...slow, 'quick'])).toEqual([])
    expect(posted).toEqual(['/quick'])
    const again = sent.flatMap(({ queue, bodies }) =>
      queue.endsWith('/notice-delay') ? bodies.map((body) => parseEnvelope(body)?.body ?? '') : [],
    )
    expect(again.map((body) => JSON.parse(body).job.attempt)).toEqual(slow.map(() => 2))
    expect(new Set(again.map((body) => JSON.parse(body).job.provider.name))).toEqual(new Set(slow))
  })

  it('gives up what is stuck before the message, and brings back that alone', async () => {
    const stuck = ['stuck-0', 'stuck-1']
    const specs = stuck.map((name) => [name, 'secretRef: { name: token }'])
    await register({ ...Object.fromEntries(specs), quick: `address: '${chat.url}/quick'` })
    expect(await deliver([...stuck, 'quick'], 100)).toEqual(stuck)
    expect(posted).toEqual(['/quick'])
    expect(world.calls).toContain('AmazonSQS.ChangeMessageVisibilityBatch')
  })
})
