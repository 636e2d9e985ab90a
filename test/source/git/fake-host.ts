import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { createAddressCheck } from '../../../lib/http/address-policy.ts'
import { createOutbound, type Outbound } from '../../../lib/http/outbound.ts'
import { listenOnLoopback } from '../../../lib/sandbox/listen.ts'

/** A host that answers as a test tells it to. */
export type FakeHost = {
  readonly url: string
  readonly outbound: Outbound
  readonly close: () => Promise<void>
}

export type FakeAnswer = Buffer | string | ((response: ServerResponse) => void)

export async function createFakeHost(
  answer: (body: string, request: IncomingMessage) => FakeAnswer,
): Promise<FakeHost> {
  const server = createServer(async (request, response) => {
    const body = await buffer(request)
    const found = answer(body.toString('latin1'), request)
    if (typeof found === 'function') return found(response)
    const isPost = request.method === 'POST'
    const type = `application/x-git-upload-pack-${isPost ? 'result' : 'advertisement'}`
    return response.writeHead(200, { 'Content-Type': type }).end(found)
  })
  const { url, close } = await listenOnLoopback(server)
  const outbound = createOutbound({ checkAddress: createAddressCheck({ allowPrivate: true }) })
  return {
    url: `${url}/acme/app`,
    outbound,
    close: async () => {
      outbound.close()
      await close()
    },
  }
}

export function pkt(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes])
}

/** A listing that knows `main` and nothing else. */
export function refsAnswer(sha: string): Buffer {
  return Buffer.concat([pkt(`${sha} refs/heads/main\n`), Buffer.from('0000')])
}

export function packAnswer(pack: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < pack.length; at += 60_000) {
    parts.push(pkt(Buffer.concat([Buffer.from([1]), pack.subarray(at, at + 60_000)])))
  }
  return Buffer.concat([pkt('packfile\n'), ...parts, Buffer.from('0000')])
}
