import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** The interface between Lambda and one execution environment: it has one invocation at a time. */
export type RuntimeApi = {
  /** `127.0.0.1:<port>`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string
  /** Hands the event to whoever asks next, and resolves with how it ended. */
  readonly invoke: (event: unknown, options: InvokeOptions) => Promise<Outcome>
  /** Ends an invocation that nobody will answer any more. */
  readonly abandon: (error: string) => void
  /** Requests that the documented interface does not have. */
  readonly violations: () => readonly string[]
  readonly close: () => Promise<void>
}

export type InvokeOptions = {
  readonly functionArn: string
  /** Milliseconds since the epoch, by the clock of the function. */
  readonly deadlineMs: number
}

export type Outcome = { readonly value: unknown } | { readonly error: string }

/** Lambda takes no larger answer of a function that was called and waited for. */
const maxAnswerBytes = 6 * 1024 * 1024
const prefix = '/2018-06-01/runtime'

type Invocation = InvokeOptions & {
  readonly id: string
  readonly event: unknown
  readonly settle: (outcome: Outcome) => void
  isTaken: boolean
}

/** Source: Lambda's developer guide, "Using the Lambda runtime API for custom runtimes". */
export async function startRuntimeApi(): Promise<RuntimeApi> {
  const violations: string[] = []
  let current: Invocation | undefined
  let waiting: ServerResponse | undefined
  const settle = (outcome: Outcome): void => {
    const settled = current
    current = undefined
    settled?.settle(outcome)
  }
  const handOut = (): void => {
    if (current === undefined || current.isTaken || waiting === undefined) return
    current.isTaken = true
    sendInvocation(waiting, current)
    waiting = undefined
  }
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? ''
    const body = await bodyOf(request)
    if (request.method === 'GET' && path === `${prefix}/invocation/next`) {
      if (current?.isTaken) violations.push('asks for the next invocation before it answered')
      waiting = response
      response.once('close', () => {
        if (waiting === response) waiting = undefined
      })
      handOut()
      return
    }
    const [, id, verb] =
      /^\/2018-06-01\/runtime\/(?:invocation\/([^/]+)|init)\/(\w+)$/.exec(path) ?? []
    const answer = answerOf(request, { id, verb, body, current })
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(answer.status === 202 ? { status: 'OK' } : { errorMessage: answer.fault }),
    )
    if (answer.fault !== undefined) violations.push(`${request.method} ${path}: ${answer.fault}`)
    if (answer.outcome !== undefined) settle(answer.outcome)
  }
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  // Closed while a function works, the connection is lost to its answer: the client gives that up and asks for the next event.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    address: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    invoke: (event, options) =>
      new Promise((resolve, reject) => {
        if (current !== undefined) {
          reject(new Error('an execution environment has one invocation at a time'))
          return
        }
        current = { ...options, event, id: randomUUID(), settle: resolve, isTaken: false }
        handOut()
      }),
    abandon: (error) => settle({ error }),
    violations: () => violations,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Answer = { readonly status: number; readonly fault?: string; readonly outcome?: Outcome }

type Posted = {
  readonly id: string | undefined
  readonly verb: string | undefined
  readonly body: Buffer
  readonly current: Invocation | undefined
}

function answerOf({ method }: IncomingMessage, { id, verb, body, current }: Posted): Answer {
  if (method !== 'POST' || (verb !== 'response' && verb !== 'error')) {
    return { status: 404, fault: 'no such resource' }
  }
  if (id === undefined) {
    return verb === 'error'
      ? { status: 202, outcome: { error: errorIn(body) } }
      : { status: 404, fault: 'no such resource' }
  }
  if (id !== current?.id) return { status: 400, fault: 'InvalidRequestID' }
  if (body.length > maxAnswerBytes) {
    return { status: 413, fault: 'too large', outcome: { error: 'Function.ResponseSizeTooLarge' } }
  }
  // The header with the type of the error is optional; the client's native half leaves it out.
  if (verb === 'error') return { status: 202, outcome: { error: errorIn(body) } }
  try {
    const value: unknown = body.length === 0 ? null : JSON.parse(body.toString())
    return { status: 202, outcome: { value } }
  } catch {
    return { status: 400, fault: 'no JSON', outcome: { error: 'Runtime.MalformedResponse' } }
  }
}

function sendInvocation(
  response: ServerResponse,
  { id, event, functionArn, deadlineMs }: Invocation,
): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': id,
    'lambda-runtime-deadline-ms': String(deadlineMs),
    'lambda-runtime-invoked-function-arn': functionArn,
    'lambda-runtime-trace-id': `Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0`,
  })
  response.end(JSON.stringify(event))
}

function errorIn(body: Buffer): string {
  try {
    const { errorType, errorMessage } = Object(JSON.parse(body.toString()))
    return `${errorType}: ${errorMessage}`
  } catch {
    return 'an error that is no JSON'
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
