import { ClusterError } from '../cluster/cluster-error.ts'
import type { Credentials } from '../cluster/connection.ts'
import { createHttpsTransport, type HttpsOptions, type HttpsTransport } from '../cluster/https.ts'
import { isJsonObject, type JsonObject, textAt } from '../manifest/object.ts'
import { ReconcileError } from '../reconcile/reconcile-error.ts'
import { messageOf } from '../status/error.ts'
import type { AwsAnswer, AwsCall, AwsCredentials } from './aws-call.ts'
import { createEksToken, eksTokenLifeMs } from './aws-eks-token.ts'

export type EksOptions = {
  readonly call: AwsCall
  readonly credentials: () => Promise<AwsCredentials>
  readonly https: HttpsOptions
  readonly now: () => Date
}

export type EksName = { readonly name: string; readonly region: string }

/** What is known of an EKS cluster now; `key` changes when another cluster takes its name. */
export type EksCluster = { readonly key: string; readonly open: () => HttpsTransport }

/** Finds an EKS cluster by its name; `cluster` is the fleet's name for it, for messages. Throws ReconcileError or ClusterError. */
export type FindEks = (cluster: string, eks: EksName) => Promise<EksCluster>

/** A cluster that was made anew under its old name has another address. */
const believedMs = 5 * 60_000
const againMs = 30_000

/** EKS clusters by name, as the identity whose credentials these are: no kubeconfig, no program, no file. */
export function createEksFinder(options: EksOptions): FindEks {
  const { now } = options
  const known = new Map<string, { readonly at: number; readonly found: Promise<EksCluster> }>()
  return (cluster, eks) => {
    const key = `${eks.region}/${eks.name}`
    const before = known.get(key)
    if (before !== undefined && now().getTime() - before.at < believedMs) return before.found
    const found = find(options, cluster, eks).catch((thrown: unknown) => {
      known.delete(key)
      if (before === undefined || !isPassing(thrown)) throw thrown
      // While AWS's own API does not answer, the cluster may well.
      known.set(key, { at: now().getTime() - believedMs + againMs, found: before.found })
      return before.found
    })
    known.set(key, { at: now().getTime(), found })
    return found
  }
}

async function find(options: EksOptions, cluster: string, eks: EksName): Promise<EksCluster> {
  const { server, ca, skewMs } = await describe(options, cluster, eks)
  const now = () => new Date(options.now().getTime() + skewMs)
  const open = () => {
    const connection = { server, ca, credentials: createTokens({ ...options, now }, eks) }
    return explainRefusals(createHttpsTransport(connection, options.https), cluster, eks)
  }
  return { key: `eks/${eks.region}/${eks.name}/${server}/${ca}`, open }
}

/** A token is made without asking anybody, and lasts: one for all requests until a minute before it ends. */
function createTokens(
  { credentials, now }: Pick<EksOptions, 'credentials' | 'now'>,
  { name, region }: EksName,
): (isRefresh: boolean) => Promise<Credentials> {
  let issued: { readonly at: number; readonly answer: Promise<Credentials> } | undefined
  const issue = async (at: number): Promise<Credentials> => {
    const identity = await credentials()
    const request = { cluster: name, region, credentials: identity, at: new Date(at) }
    return { headers: { Authorization: `Bearer ${await createEksToken(request)}` } }
  }
  return (isRefresh) => {
    const at = now().getTime()
    // A hundred requests that are answered 401 at once are one reason to look again, not a hundred.
    const lifeMs = isRefresh ? 1_000 : eksTokenLifeMs - 60_000
    if (issued !== undefined && Math.abs(at - issued.at) < lifeMs) return issued.answer
    const answer = issue(at)
    issued = { at, answer }
    answer.catch(() => {
      issued = undefined
    })
    return answer
  }
}

function explainRefusals(transport: HttpsTransport, cluster: string, eks: EksName): HttpsTransport {
  const explained = async (request: Parameters<HttpsTransport>[0]) => {
    const response = await transport(request)
    if (response.status !== 401) return response
    const message = `${placeOf(cluster)}: EKS cluster '${eks.name}' does not know us; create an access entry in it for the role of this function, or for the identity whose credentials these are`
    throw new ClusterError('Unauthorized', message, { data: { status: 401 } })
  }
  return Object.assign(explained, { close: transport.close })
}

type Described = { readonly server: string; readonly ca: string; readonly skewMs: number }

async function describe(options: EksOptions, cluster: string, eks: EksName): Promise<Described> {
  const answer = await ask(options, cluster, eks)
  const body = jsonOf(answer)
  if (answer.status !== 200) throw refusalOf(answer, body, cluster, eks)
  const found = isJsonObject(body.cluster) ? body.cluster : {}
  const authority = isJsonObject(found.certificateAuthority) ? found.certificateAuthority : {}
  const server = textAt(found, 'endpoint')
  const ca = Buffer.from(textAt(authority, 'data'), 'base64').toString()
  if (!server.startsWith('https://') || !ca.includes('BEGIN CERTIFICATE')) {
    const status = textAt(found, 'status') || 'not ready'
    const message = `${placeOf(cluster)}: EKS cluster '${eks.name}' in ${eks.region} is ${status} and has no address yet; it is asked again`
    throw new ReconcileError('ReconciliationFailed', 'ClusterUnknown', message, { retryable: true })
  }
  return { server, ca, skewMs: skewOf(answer, options.now()) }
}

async function ask(options: EksOptions, cluster: string, eks: EksName): Promise<AwsAnswer> {
  try {
    return await options.call({
      service: 'eks',
      region: eks.region,
      method: 'GET',
      path: `/clusters/${encodeURIComponent(eks.name)}`,
      timeoutMs: 15_000,
      maxBytes: 256 * 1024,
    })
  } catch (cause) {
    const message = `${placeOf(cluster)}: ${messageOf(cause)}`
    throw new ClusterError('Unreachable', message, { cause, retryable: true })
  }
}

/** A token of our own time would not be taken where our clock is wrong. */
function skewOf({ headers }: AwsAnswer, now: Date): number {
  const skewMs = Date.parse(headers.get('date') ?? '') - now.getTime()
  return Math.abs(skewMs) > 60_000 ? skewMs : 0
}

function refusalOf(
  { status }: AwsAnswer,
  body: JsonObject,
  cluster: string,
  { name, region }: EksName,
): Error {
  const place = placeOf(cluster)
  const said = textAt(body, 'message').slice(0, 500) || `status ${status}`
  if (status === 404) {
    const message = `${place}.name: there is no EKS cluster '${name}' in ${region} in this account; correct name or region`
    return new ReconcileError('ReconciliationFailed', 'ClusterUnknown', message)
  }
  if (status === 401 || status === 403) {
    const message = `${place}: EKS cluster '${name}' may not be described: ${said}; allow eks:DescribeCluster on it (on AWS: name its ARN in DRIFTLESS_EKS_CLUSTERS and deploy again)`
    return new ReconcileError('AccessDenied', 'AccessDenied', message)
  }
  const isRetryable = status === 429 || status >= 500
  const message = `${place}: EKS cluster '${name}' cannot be described: ${said}`
  return isRetryable
    ? new ClusterError('Unreachable', message, { retryable: true })
    : new ReconcileError('ReconciliationFailed', 'ClusterUnknown', message)
}

function isPassing(thrown: unknown): boolean {
  return thrown instanceof ClusterError && thrown.retryable
}

function placeOf(cluster: string): string {
  return `Cluster/${cluster} spec.connection.eks`
}

function jsonOf({ body }: AwsAnswer): JsonObject {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body))
    return isJsonObject(value) ? value : {}
  } catch {
    return {}
  }
}
