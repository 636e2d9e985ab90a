import type { AwsCall } from '../../lib/runtime/aws-call.ts'
import { callJson } from './requests.ts'

/** A message as ReceiveMessage gives it. */
export type Received = {
  readonly messageId: string
  readonly receiptHandle: string
  readonly body: string
  readonly md5OfBody: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Makes a queue and tells its URL. */
export async function createQueue(
  call: AwsCall,
  name: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<string> {
  const isFifo = name.endsWith('.fifo')
  const answer = await callJson(call, 'sqs', 'AmazonSQS.CreateQueue', {
    QueueName: name,
    Attributes: { ...(isFifo ? { FifoQueue: 'true' } : {}), ...attributes },
  })
  return String(answer.QueueUrl)
}

export async function queueAttributes(
  call: AwsCall,
  queueUrl: string,
): Promise<ReadonlyMap<string, string>> {
  const asked = { QueueUrl: queueUrl, AttributeNames: ['All'] }
  const { Attributes } = await callJson(call, 'sqs', 'AmazonSQS.GetQueueAttributes', asked)
  return new Map(Object.entries(Object(Attributes)).map(([name, value]) => [name, String(value)]))
}

/** What is visible, ten at most; invisible to others for `visibilityTimeout` seconds, or as long as the queue says. */
export async function receive(
  call: AwsCall,
  queueUrl: string,
  maxMessages: number,
  visibilityTimeout?: number,
): Promise<readonly Received[]> {
  const { Messages } = await callJson(call, 'sqs', 'AmazonSQS.ReceiveMessage', {
    QueueUrl: queueUrl,
    MaxNumberOfMessages: Math.min(10, maxMessages),
    AttributeNames: ['All'],
    WaitTimeSeconds: 0,
    ...(visibilityTimeout === undefined ? {} : { VisibilityTimeout: visibilityTimeout }),
  })
  return (Array.isArray(Messages) ? Messages : []).map((message: unknown) => {
    const fields = new Map<string, unknown>(Object.entries(Object(message)))
    const text = (name: string): string => String(fields.get(name))
    const attributes = Object.entries(Object(fields.get('Attributes')))
    return {
      messageId: text('MessageId'),
      receiptHandle: text('ReceiptHandle'),
      body: text('Body'),
      md5OfBody: text('MD5OfBody'),
      attributes: Object.fromEntries(attributes.map(([name, value]) => [name, String(value)])),
    }
  })
}

export async function remove(
  call: AwsCall,
  queueUrl: string,
  { receiptHandle }: Received,
): Promise<void> {
  const asked = { QueueUrl: queueUrl, ReceiptHandle: receiptHandle }
  await callJson(call, 'sqs', 'AmazonSQS.DeleteMessage', asked)
}
