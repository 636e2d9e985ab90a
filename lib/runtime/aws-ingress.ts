import { formatId } from '../fleet/object-id.ts'
import { isJsonObject } from '../manifest/object.ts'
import type { ReceiverPorts } from '../receiver/ingress.ts'
import { readS3Event } from '../receiver/s3.ts'
import { enqueue, messageOf } from '../reconcile/enqueue.ts'
import { createHookIndex } from '../reconcile/hook-index.ts'
import { readWebhookSecrets } from '../reconcile/webhook-secrets.ts'
import { messageOf as textOf } from '../status/error.ts'
import { createAwsBase } from './aws-base.ts'
import type { Environment } from './aws-environment.ts'

/** The ports of the webhook door over S3 and SQS. */
export function createAwsIngress(environment: Environment): ReceiverPorts {
  const ports = createAwsBase(environment)
  return {
    ...createHookIndex(ports),
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
  const { sourcesOf } = createHookIndex(ports)
  return async (event) => {
    const verdict = isJsonObject(event) ? readS3Event(event) : undefined
    if (verdict?.outcome !== 'change') {
      ports.log.warn('an event that names no change of an object was left out')
      return
    }
    const sources = await Promise.all(verdict.changes.map(sourcesOf))
    await enqueue(ports, sources.flat(), 'bucket-event')
  }
}
