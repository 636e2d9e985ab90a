import { randomBytes } from 'node:crypto'
import type { AwsCredentials } from '../../lib/runtime/aws-call.ts'
import { type AwsServer, callAs } from './moto.ts'
import { isSignedBy } from './presigned.ts'
import { callQuery } from './requests.ts'

/** STS as the rest of the world sees it: moto's, with the signatures and ends of sessions that moto does not look at. */
export type Sts = {
  /** A new session of a role of this name. */
  readonly assumeRole: (role: string) => Promise<AwsCredentials>
  /** From now on this session's signatures are refused. */
  readonly end: (credentials: AwsCredentials) => void
  /** The ARN of whoever presigned GetCallerIdentity; throws with STS's own word where it is not taken. */
  readonly callerOf: (url: URL, headers: Readonly<Record<string, string>>) => Promise<string>
}

const account = '123456789012'

/** `now` is AWS's time, in milliseconds since the epoch. */
export function createSts({ url: motoUrl, call }: AwsServer, now: () => number): Sts {
  const secrets = new Map<string, string>()
  const ended = new Set<string>()
  return {
    assumeRole: async (role) => {
      const session = await assumeRole(call, role)
      secrets.set(session.accessKeyId, session.secretAccessKey)
      return session
    },
    end: ({ accessKeyId }) => void ended.add(accessKeyId),
    callerOf: async (url, headers) => {
      const asked = url.searchParams
      const [accessKeyId = ''] = (asked.get('X-Amz-Credential') ?? '').split('/')
      const secret = secrets.get(accessKeyId)
      if (secret === undefined) throw new Error('InvalidClientTokenId')
      if (!isSignedBy(url, headers, secret)) throw new Error('SignatureDoesNotMatch')
      if (Math.abs(now() - dateIn(url)) > 15 * 60_000) throw new Error('RequestExpired')
      if (ended.has(accessKeyId)) throw new Error('ExpiredToken')
      return await askMoto(motoUrl, url, accessKeyId)
    },
  }
}

/** When it was signed, in milliseconds since the epoch; NaN where it does not say. */
export function dateIn(url: URL): number {
  const text = url.searchParams.get('X-Amz-Date') ?? ''
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
}

async function assumeRole(call: AwsServer['call'], role: string): Promise<AwsCredentials> {
  const xml = await callQuery(call, 'sts', {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: `arn:aws:iam::${account}:role/${role}`,
    RoleSessionName: `session-${randomBytes(4).toString('hex')}`,
  })
  const field = (name: string): string => new RegExp(`<${name}>([^<]+)<`).exec(xml)?.[1] ?? ''
  return {
    accessKeyId: field('AccessKeyId'),
    secretAccessKey: field('SecretAccessKey'),
    sessionToken: field('SessionToken'),
  }
}

/** moto reads no presigned request: it is asked what the URL asks, under the key that signed it. */
async function askMoto(motoUrl: string, url: URL, accessKeyId: string): Promise<string> {
  const [Action = '', Version = ''] = ['Action', 'Version'].map(
    (name) => url.searchParams.get(name) ?? '',
  )
  const xml = await callQuery(callAs(accessKeyId, motoUrl), 'sts', { Action, Version })
  const arn = /<Arn>([^<]+)</.exec(xml)?.[1]
  if (arn === undefined) throw new Error(`moto: ${xml}`)
  return arn
}
