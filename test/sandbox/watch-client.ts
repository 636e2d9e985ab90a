import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isJsonObject, type JsonObject } from '../../lib/manifest/object.ts'

/** How to reach a cluster over HTTP. */
export type Address = { readonly url: string; readonly ca?: string; readonly token: string }

export type WatchClient = {
  /** The next event, as soon as there is one. */
  readonly next: () => Promise<JsonObject>
  readonly close: () => void
}

/** Opens a watch and hands out its events one by one. */
export async function openWatch(address: Address, path: string): Promise<WatchClient> {
  const events: JsonObject[] = []
  const waiting: ((event: JsonObject) => void)[] = []
  const receive = (line: string): void => {
    const event: unknown = JSON.parse(line)
    if (!isJsonObject(event)) return
    const receiver = waiting.shift()
    if (receiver === undefined) events.push(event)
    else receiver(event)
  }
  const send = address.url.startsWith('https:') ? httpsRequest : httpRequest
  const headers = { authorization: `Bearer ${address.token}` }
  const options = { headers, ...(address.ca === undefined ? {} : { ca: address.ca }) }
  const request = send(`${address.url}${path}`, options)
  await new Promise<void>((resolve, reject) => {
    request.once('error', reject)
    request.once('response', (response) => {
      readLines(response, receive)
      resolve()
    })
    request.end()
  })
  request.on('error', () => undefined)
  return {
    next: async () => events.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    close: () => request.destroy(),
  }
}

function readLines(response: IncomingMessage, receive: (line: string) => void): void {
  let rest = ''
  response.setEncoding('utf8')
  response.on('error', () => undefined)
  response.on('data', (chunk: string) => {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(receive)
  })
}
