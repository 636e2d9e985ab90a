import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Loopback, listen } from '../http/loopback.ts'
import { certificate } from '../http/tls-fixture.ts'
import { printKubeconfig } from '../peers/kubeconfig.ts'
import { dateIn, type Sts } from './sts.ts'

export type Review = {
  /** The token as the API server got it. */
  readonly token: string
  /** The ARN, or why the token was refused. */
  readonly verdict: string
}

/** What EKS runs beside its API servers: knows who a token stands for, and which of them may come in. */
export type EksAuthenticator = {
  /** For the API server's `--authentication-token-webhook-config-file`. */
  readonly config: string
  readonly reviews: () => readonly Review[]
  readonly close: () => Promise<void>
}

export type EksAuthenticatorOptions = {
  /** The name that a token has to be signed for. */
  readonly cluster: string
  readonly region: string
  readonly sts: Sts
  readonly now: () => number
  /** Names in the cluster by the roles of access entries. */
  readonly users: ReadonlyMap<string, string>
}

/**
 * A token webhook by the rules of aws-iam-authenticator: a presigned GetCallerIdentity for the region's own STS, nothing else
 * in it, signed within 15 minutes and for this cluster. The answer's role is looked up among the access entries.
 * Source: aws-iam-authenticator, `pkg/token`.
 */
export async function startEksAuthenticator(
  options: EksAuthenticatorOptions,
): Promise<EksAuthenticator> {
  const reviews: Review[] = []
  const server: Loopback = await listen(
    async (request, response) => {
      const token = String(Object(Object(JSON.parse(await textOf(request))).spec).token)
      try {
        const arn = await callerOf(options, token)
        const username = userOf(options, arn)
        reviews.push({ token, verdict: arn })
        const user = { username, uid: arn, groups: ['eks-access-entries'] }
        answer(response, { authenticated: true, user })
      } catch (fault) {
        reviews.push({ token, verdict: String(fault) })
        answer(response, { authenticated: false, error: String(fault) })
      }
    },
    { isTls: true },
  )
  return {
    config: printKubeconfig({ server: server.url, ca: certificate, token: 'unused' }),
    reviews: () => reviews,
    close: server.close,
  }
}

async function callerOf(options: EksAuthenticatorOptions, token: string): Promise<string> {
  const prefix = 'k8s-aws-v1.'
  if (!token.startsWith(prefix)) throw new Error('token is missing expected prefix')
  const url = new URL(Buffer.from(token.slice(prefix.length), 'base64url').toString())
  const why = whyRefused(options, url)
  if (why !== undefined) throw new Error(why)
  // The header's value is not in the token: who signed for another cluster signed another one.
  return await options.sts.callerOf(url, { host: url.host, 'x-k8s-aws-id': options.cluster })
}

const allowedParameters: ReadonlySet<string> = new Set([
  'action',
  'version',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
])

function whyRefused({ region, now }: EksAuthenticatorOptions, url: URL): string | undefined {
  const asked = url.searchParams
  if (url.protocol !== 'https:') return `unexpected scheme ${url.protocol}`
  if (url.host !== `sts.${region}.amazonaws.com`) return `unexpected hostname ${url.host}`
  if (url.pathname !== '/') return 'unexpected path in pre-signed URL'
  const other = [...asked.keys()].find((name) => !allowedParameters.has(name.toLowerCase()))
  if (other !== undefined) return `non-whitelisted query parameter ${other}`
  if (new Set(asked.keys()).size !== asked.size) return 'a query parameter stands there twice'
  if (asked.get('Action') !== 'GetCallerIdentity') return 'unexpected action parameter'
  const signed = (asked.get('X-Amz-SignedHeaders') ?? '').split(';')
  if (!signed.includes('x-k8s-aws-id')) return 'x-k8s-aws-id is not signed'
  const expires = Number(asked.get('X-Amz-Expires'))
  if (!(expires >= 0 && expires <= 900)) return 'invalid X-Amz-Expires parameter'
  const isOld = now() > dateIn(url) + 15 * 60_000
  return isOld || Number.isNaN(dateIn(url)) ? 'X-Amz-Date parameter is expired' : undefined
}

function userOf({ users }: EksAuthenticatorOptions, arn: string): string {
  const [, role = ''] = /:assumed-role\/([^/]+)\//.exec(arn) ?? []
  const username = users.get(role)
  if (username === undefined) throw new Error(`${arn} is not mapped`)
  return username
}

function answer(response: ServerResponse, status: object): void {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(review))
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
