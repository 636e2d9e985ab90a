import type { IncomingMessage } from 'node:http'

/** One call of AWS as its IAM sees it. */
export type AwsAction = {
  /** The access key that signed. */
  readonly by: string
  /** `s3:PutObject`. */
  readonly action: string
  /** `bucket`, `bucket/key`, the name of a queue, key, secret, parameter or cluster; empty where the call names none. */
  readonly resource: string
  /** MessageGroupId of the first message that is sent. */
  readonly group: string
  /** If-Match or If-None-Match stand on it. */
  readonly isConditional: boolean
  /** 1 for the first call of all. */
  readonly count: number
}

/** Reads what a signed request asks for. */
export function actionOf(
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  body: Buffer,
  count: number,
): AwsAction {
  const authorization = String(request.headers.authorization ?? '')
  const [, by = '', service = ''] =
    /Credential=([^/]+)\/[^/]+\/[^/]+\/([^/]+)\//.exec(authorization) ?? []
  const isConditional = ['if-match', 'if-none-match'].some((name) => name in request.headers)
  const { action, resource } = service === 's3' ? inS3(request) : inOthers(service, request, body)
  const group = /"MessageGroupId":"([^"]*)"/.exec(body.subarray(0, 4096).toString())?.[1] ?? ''
  return { by, action, resource, group, isConditional, count }
}

type What = Pick<AwsAction, 'action' | 'resource'>

const s3Actions: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
}

function inS3({ method = '', url = '' }: Pick<IncomingMessage, 'method' | 'url'>): What {
  const path = decodeURIComponent(url.split('?')[0] ?? '').slice(1)
  const isBucket = !path.replace(/\/$/, '').includes('/')
  if (isBucket && method === 'GET')
    return { action: 's3:ListBucket', resource: path.split('/')[0] ?? '' }
  if (isBucket) return { action: `s3:${method} bucket`, resource: path }
  return { action: s3Actions[method] ?? `s3:${method}`, resource: path }
}

/** The JSON protocols name the operation in a header; a batch is allowed by the action for one. */
function inOthers(
  service: string,
  request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  body: Buffer,
): What {
  const target = String(request.headers['x-amz-target'] ?? '')
  if (target === '') {
    const [kind = '', name = ''] = (request.url ?? '').split('?')[0]?.split('/').slice(1) ?? []
    const action = kind === 'clusters' ? 'DescribeCluster' : `${request.method} ${kind}`
    return { action: `${service}:${action}`, resource: decodeURIComponent(name) }
  }
  const operation = (target.split('.').at(-1) ?? '').replace(/Batch$/, '')
  return { action: `${service}:${operation}`, resource: resourceIn(body) }
}

function resourceIn(body: Buffer): string {
  const fields: unknown = JSON.parse(body.toString() || '{}')
  if (typeof fields !== 'object' || fields === null) return ''
  for (const name of ['QueueUrl', 'KeyId', 'SecretId', 'Name'] as const) {
    const value = new Map<string, unknown>(Object.entries(fields)).get(name)
    if (typeof value === 'string')
      return name === 'QueueUrl' ? (value.split('/').at(-1) ?? '') : value
  }
  return ''
}
