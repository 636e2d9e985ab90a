import { type IncomingHttpHeaders, request } from 'node:http'
import { type Loopback, listen } from '../http/loopback.ts'

/**
 * Stands before moto and makes good where its CloudFormation is not AWS's: it refuses a template for advice of cfn-lint's, where
 * AWS checks no more than the form; and a FIFO queue without a name, which AWS gives one that ends in `.fifo`.
 */
export function startCloudFormationProxy(target: string): Promise<Loopback> {
  return listen(async (incoming, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk))
    const sent = Buffer.concat(chunks)
    if (incoming.method === 'POST' && sent.includes('Action=ValidateTemplate')) {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(validated)
      return
    }
    const isTemplate = /^PUT .*compiled-cloudformation-template/.test(
      `${incoming.method} ${incoming.url}`,
    )
    const body = isTemplate ? withQueueNames(sent) : sent
    const { method = '', url = '' } = incoming
    const headers = isTemplate ? headersOf(incoming.headers, body) : incoming.headers
    const call = request(new URL(url, target), { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    call.once('error', () => response.destroy())
    call.end(body)
  })
}

const validated =
  '<ValidateTemplateResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><ValidateTemplateResult><Parameters/><Capabilities/></ValidateTemplateResult></ValidateTemplateResponse>'

/** The template that is uploaded last; the first one makes the bucket for it. */
function withQueueNames(body: Buffer): Buffer {
  const template: { Resources: Record<string, { Properties?: Record<string, unknown> }> } =
    JSON.parse(body.toString())
  for (const [id, { Properties }] of Object.entries(template.Resources)) {
    if (Properties?.FifoQueue === true) Properties.QueueName = `${id}.fifo`
  }
  return Buffer.from(JSON.stringify(template))
}

/** Without the checksum of what the body was. */
function headersOf(headers: IncomingHttpHeaders, body: Buffer): IncomingHttpHeaders {
  const kept = Object.entries(headers).filter(([name]) => !name.includes('checksum'))
  return { ...Object.fromEntries(kept), 'content-length': String(body.length) }
}
