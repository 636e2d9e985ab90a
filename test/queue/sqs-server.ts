import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { type AwsCall, createAwsCall } from '../../lib/runtime/aws-call.ts'

/** An entry of SendMessageBatch, as it came over the wire. */
export type Entry = {
  readonly Id: string
  readonly MessageBody: string
  readonly MessageGroupId?: string
  readonly MessageDeduplicationId?: string
  readonly DelaySeconds?: number
}

export type Batch = { readonly queueUrl: string; readonly entries: readonly Entry[] }

export type SqsServer = {
  readonly call: AwsCall
  readonly url: string
  readonly batches: () => readonly Batch[]
  readonly close: () => Promise<void>
}

/** Answers SendMessageBatch as SQS's JSON protocol does; `accepts` decides on each entry. */
export async function startSqsServer(
  accepts: (entry: Entry, attempt: number) => boolean = () => true,
): Promise<SqsServer> {
  const batches: Batch[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += String(chunk)
    const { QueueUrl: queueUrl, Entries: entries }: { QueueUrl: string; Entries: Entry[] } =
      JSON.parse(text)
    batches.push({ queueUrl, entries })
    const isAccepted = (entry: Entry) => accepts(entry, batches.length)
    const answer = {
      Successful: entries.filter(isAccepted).map(({ Id, MessageBody }) => ({
        Id,
        MessageId: `m-${Id}`,
        MD5OfMessageBody: createHash('md5').update(MessageBody).digest('hex'),
      })),
      Failed: entries
        .filter((entry) => !isAccepted(entry))
        .map(({ Id }) => ({ Id, Code: 'InternalError', Message: 'try again', SenderFault: false })),
    }
    response.setHeader('content-type', 'application/x-amz-json-1.0')
    response.end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const url = `http://127.0.0.1:${port}`
  const call = createAwsCall({
    region: 'eu-west-1',
    endpoint: url,
    credentials: async () => ({ accessKeyId: 'test', secretAccessKey: 'test' }),
    wait: async () => {},
  })
  return {
    call,
    url,
    batches: () => batches,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
