import type { AwsAnswer, AwsCall } from '../../lib/runtime/aws-call.ts'
import { region } from './moto.ts'

/** A call of one of AWS's JSON protocols, `AmazonSQS.CreateQueue` for instance; throws with what AWS said. */
export async function callJson(
  call: AwsCall,
  service: string,
  target: string,
  body: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await call({
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
    body: JSON.stringify(body),
    ...limits,
  })
  return jsonOf(accepted(answer, target))
}

/** A call of the query protocol: CloudFormation's and IAM's; the answer is XML. */
export async function callQuery(
  call: AwsCall,
  service: string,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const answer = await call({
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
    ...limits,
  })
  return textOf(accepted(answer, fields.Action ?? ''))
}

export async function callRest(
  call: AwsCall,
  service: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const answer = await call({ service, method, path, ...sent, ...limits })
  return jsonOf(accepted(answer, `${method} ${path}`))
}

/** A bucket's own call (`query` names it, `versioning` for instance), or one for an object. */
export async function callS3(
  call: AwsCall,
  method: string,
  bucket: string,
  more: {
    readonly key?: string
    readonly query?: Readonly<Record<string, string>>
    readonly body?: Uint8Array | string
  } = {},
): Promise<Uint8Array> {
  const { key = '', ...rest } = more
  const path = `/${key.split('/').map(encodeURIComponent).join('/')}`
  const answer = await call({ service: 's3', subdomain: bucket, method, path, ...rest, ...limits })
  return accepted(answer, `${method} ${bucket}${path}`).body
}

export async function createBucket(call: AwsCall, bucket: string): Promise<void> {
  const body = `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`
  await callS3(call, 'PUT', bucket, { body })
}

const limits = { timeoutMs: 60_000, maxBytes: 64 * 1024 * 1024 }

function accepted(answer: AwsAnswer, what: string): AwsAnswer {
  if (answer.status < 300) return answer
  throw new Error(`${what}: ${answer.status} ${textOf(answer)}`)
}

function textOf({ body }: AwsAnswer): string {
  return new TextDecoder().decode(body)
}

function jsonOf(answer: AwsAnswer): Readonly<Record<string, unknown>> {
  const text = textOf(answer)
  const value: unknown = text === '' ? {} : JSON.parse(text)
  if (typeof value === 'object' && value !== null) return { ...value }
  throw new Error(`no JSON object: ${text.slice(0, 200)}`)
}
