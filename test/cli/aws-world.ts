import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { CliContext } from '../../lib/cli/context.ts'
import { run } from '../../lib/cli/main.ts'
import { createOutput } from '../../lib/cli/output.ts'
import { createSandboxBucket, type SandboxBucket } from '../../lib/sandbox/bucket.ts'
import { listen } from '../http/loopback.ts'

/** A Driftless on AWS as the command line meets it: one endpoint for the stack, its bucket and its queues. */
export type AwsWorld = {
  readonly bucket: SandboxBucket
  /** Calls that are none of S3's, by their action: what each answers. */
  readonly actions: Map<
    string,
    (input: string) => { readonly status: number; readonly body: string }
  >
  readonly calls: string[]
  /** Requests to S3, `GET /state/?list-type=2…`. */
  readonly requests: string[]
  /** What was sent to queues, by those who keep it. */
  readonly sent: string[]
  readonly environment: Readonly<Record<string, string>>
  /** From now on this answers where a running Driftless would. */
  readonly serve: (fetch: CliContext['fetch']) => void
  readonly run: (...args: readonly string[]) => Promise<Ran>
  readonly close: () => Promise<void>
}

export type Ran = { readonly exit: number; readonly stdout: string; readonly stderr: string }

export async function createAwsWorld(workingDirectory: string): Promise<AwsWorld> {
  const bucket = createSandboxBucket({ accessKey: 'AKID' })
  await bucket.createBucket('state')
  const s3 = await bucket.listen()
  const actions: AwsWorld['actions'] = new Map()
  const calls: string[] = []
  const requests: string[] = []
  const endpoint = await listen((request, response) => {
    if (request.method !== 'POST') {
      requests.push(`${request.method} ${request.url}`)
      return forward(request, response, s3.port)
    }
    void textOf(request).then((text) => {
      const target = String(request.headers['x-amz-target'] ?? '')
      const action = target === '' ? (new URLSearchParams(text).get('Action') ?? '') : target
      calls.push(action)
      const { status, body } = actions.get(action)?.(text) ?? { status: 400, body: '{}' }
      response.writeHead(status).end(body)
    })
  })
  actions.set('DescribeStacks', (input) => describeStack(input))
  const environment = {
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL: endpoint.url,
  }
  let serving: CliContext['fetch'] = () => Promise.reject(new Error('nothing runs here'))
  return {
    serve: (fetch) => {
      serving = fetch
    },
    bucket,
    actions,
    calls,
    requests,
    sent: [],
    environment,
    run: async (...args) => {
      const stdout: string[] = []
      const stderr: string[] = []
      const output = createOutput(
        (text) => void stdout.push(text),
        (text) => void stderr.push(text),
        false,
      )
      const exit = await run(args, {
        output,
        hasColors: false,
        environment,
        workingDirectory,
        interrupted: new Promise(() => {}),
        wait: async () => {},
        now: () => new Date('2026-11-23T10:00:00Z'),
        fetch: serving,
      })
      return { exit, stdout: stdout.join(''), stderr: stderr.join('') }
    },
    close: async () => {
      await endpoint.close()
      await s3.close()
    },
  }
}

const outputs = {
  StateBucketName: 'state',
  RequestQueueUrl: 'https://sqs/1/request.fifo',
  NoticeQueueUrl: 'https://sqs/1/notice.fifo',
  RequestQueueDeadLettersUrl: 'https://sqs/1/dead.fifo',
  RequestDelayDeadLettersUrl: 'https://sqs/1/delay-dead',
  NoticeQueueDeadLettersUrl: 'https://sqs/1/notice-dead.fifo',
  NoticeDelayDeadLettersUrl: 'https://sqs/1/notice-delay-dead',
  TriggerDeadLettersUrl: 'https://sqs/1/triggers',
}

function describeStack(input: string): { status: number; body: string } {
  const stack = new URLSearchParams(input).get('StackName')
  if (stack !== 'driftless-prod') {
    const message = `Stack with id ${stack} does not exist`
    return { status: 400, body: `<Error><Message>${message}</Message></Error>` }
  }
  const members = Object.entries(outputs).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  )
  return { status: 200, body: `<Outputs>${members.join('')}</Outputs>` }
}

function forward(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url, headers } = request
  const onward = httpRequest({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers)
    answer.pipe(response)
  })
  onward.on('error', () => response.destroy())
  request.pipe(onward)
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
