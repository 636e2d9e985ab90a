import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { type AwsAction, actionOf } from './aws-action.ts'

/**
 * What goes wrong with one call: an error answer without effect, the connection ended before or after the effect, the
 * answer in pieces with pauses, half of it and no more, or no answer ever.
 */
export type Fault =
  | { readonly status: number; readonly code: string }
  | 'reset'
  | 'reset after'
  | 'slow body'
  | 'cut body'
  | 'hang'

export type AwsProxy = {
  readonly url: string
  /** Asked before each call; replaces what was asked before. */
  readonly faultOf: (decide: (action: AwsAction) => Fault | undefined) => void
  /** AWS's clock is so far ahead of ours; calls signed with another time are refused, as AWS does beyond 15 minutes. */
  readonly setClock: (aheadMs: number) => void
  /** Every call so far, with the status that was answered; 0 where there was none. */
  readonly calls: () => readonly SeenCall[]
  readonly stop: () => Promise<void>
}

export type SeenCall = AwsAction & { readonly status: number }

/** Stands before a stand-in of AWS: sees each call, lets it go wrong on demand, and passes on the rest unchanged. */
export async function startAwsProxy(target: string): Promise<AwsProxy> {
  const calls: SeenCall[] = []
  let count = 0
  let decide: (action: AwsAction) => Fault | undefined = () => undefined
  let aheadMs = 0
  const server = createServer(async (incoming, response) => {
    const body = await bodyOf(incoming)
    count += 1
    const action = actionOf(incoming, body, count)
    const fault = isSkewed(incoming, aheadMs) ? skewed : decide(action)
    const see = (status: number) => calls.push({ ...action, status })
    response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString())
    if (fault === 'hang') {
      see(0)
    } else if (fault === 'reset') {
      see(0)
      incoming.socket.destroy()
    } else if (typeof fault === 'object') {
      see(fault.status)
      refuse(response, action, fault)
    } else {
      const answer = await forward(target, incoming, body)
      see(fault === undefined || fault === 'slow body' ? answer.status : 0)
      await send(response, incoming.method ?? '', answer, fault)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    faultOf: (next) => {
      decide = next
    },
    setClock: (next) => {
      aheadMs = next
    },
    calls: () => calls,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const skewed = { status: 403, code: 'RequestTimeTooSkewed' }

function isSkewed({ headers }: IncomingMessage, aheadMs: number): boolean {
  const [, day = '', time = ''] = /^(\d{8})T(\d{6})Z$/.exec(String(headers['x-amz-date'])) ?? []
  const text = `${day.replace(/(....)(..)(..)/, '$1-$2-$3')}T${time.replace(/(..)(..)(..)/, '$1:$2:$3')}Z`
  return Math.abs(Date.now() + aheadMs - Date.parse(text)) > 15 * 60_000
}

function refuse(
  response: ServerResponse,
  { action }: AwsAction,
  fault: { status: number; code: string },
): void {
  const isXml = action.startsWith('s3:')
  const body = isXml
    ? `<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>asked for by a test</Message></Error>`
    : JSON.stringify({ __type: fault.code, message: 'asked for by a test' })
  const type = isXml ? 'application/xml' : 'application/x-amz-json-1.0'
  response.writeHead(fault.status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** With the headers as they came, Host too: they are signed. */
function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<Answer> {
  const { hostname, port } = new URL(target)
  const { method, url, headers } = incoming
  return new Promise((resolve, reject) => {
    const call = request(
      { hostname, port, method, path: url, headers, agent: false },
      (response) => {
        bodyOf(response).then(
          (whole) =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole }),
          reject,
        )
      },
    )
    call.once('error', reject)
    call.end(body)
  })
}

async function send(
  response: ServerResponse,
  method: string,
  { status, headers, body }: Answer,
  fault: Fault | undefined,
): Promise<void> {
  if (fault === 'reset after' || (fault === 'cut body' && body.length === 0)) {
    response.req.socket.destroy()
    return
  }
  const { connection: _connection, 'transfer-encoding': _encoding, date: _date, ...rest } = headers
  const length = method === 'HEAD' ? rest['content-length'] : body.length
  response.writeHead(status, {
    ...rest,
    ...(length === undefined ? {} : { 'content-length': length }),
  })
  if (fault === 'cut body') {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () =>
      response.req.socket.destroy(),
    )
    return
  }
  const pieces = fault === 'slow body' ? 4 : 1
  const size = Math.ceil(body.length / pieces)
  for (let piece = 0; piece < pieces; piece += 1) {
    if (piece > 0) await wait(50)
    response.write(body.subarray(piece * size, (piece + 1) * size))
  }
  response.end()
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}
