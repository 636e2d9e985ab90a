import { formatId } from '../fleet/object-id.ts'
import { isJsonObject } from '../manifest/object.ts'
import type { ReceiverPorts } from '../receiver/ingress.ts'
import { readS3Event } from '../receiver/s3.ts'
import { enqueue, messageOf } from '../reconcile/enqueue.ts'
import type { HookIndex } from '../reconcile/hook-index.ts'
import type { Ports } from '../reconcile/ports.ts'
import { readWebhookSecrets } from '../reconcile/webhook-secrets.ts'
import { messageOf as textOf } from '../status/error.ts'
import { type AwsBase, createAwsBase } from './aws-base.ts'
import type { Environment } from './aws-environment.ts'
import { createAwsSecretPorts } from './aws-secrets.ts'

/** The ports of the webhook door over S3 and SQS. */
export function createAwsIngress(environment: Environment): ReceiverPorts {
  const base = createAwsBase(environment)
  const ports = { ...base, ...createAwsSecretPorts(base, environment) }
  const index = lazyIndex(ports)
  return {
    sourcesOf: async (change) => (await index()).sourcesOf(change),
    receiversAt: async (digest) => (await index()).receiversAt(digest),
    secretsFor: (sender) => readWebhookSecrets(ports.secretStore, sender),
    enqueue: (requests, deliveryId) =>
      ports.requests.send(
        requests.map((request) => messageOf(request, `${deliveryId}/${formatId(request.id)}`)),
      ),
    now: ports.now,
    report: (fault) => ports.log.error(textOf(fault)),
  }
}

/** Takes EventBridge's object events; AWS itself vouches for the sender. */
export function createBucketDoor(environment: Environment): (event: unknown) => Promise<void> {
  const ports = createAwsBase(environment)
  const index = lazyIndex({ ...ports, sealer: noSealer })
  return async (event) => {
    const verdict = isJsonObject(event) ? readS3Event(event) : undefined
    if (verdict?.outcome !== 'change') {
      ports.log.warn('an event that names no change of an object was left out')
      return
    }
    const sources = await Promise.all(verdict.changes.map((await index()).sourcesOf))
    await enqueue(ports, sources.flat(), 'bucket-event')
  }
}

/** Receivers have tokens, buckets have none. */
const noSealer: Ports['sealer'] = {
  seal: () => Promise.reject(new Error('this function seals nothing')),
  open: () => Promise.reject(new Error('this function opens nothing')),
}

/** What reads the fleet's objects is loaded when a sender has proven itself: strangers never get so far. */
function lazyIndex(ports: AwsBase & Pick<Ports, 'sealer'>): () => Promise<HookIndex> {
  let index: HookIndex | undefined
  return async () => {
    const { createAwsIndex } = await import('./aws-index.ts')
    index ??= createAwsIndex(ports)
    return index
  }
}
