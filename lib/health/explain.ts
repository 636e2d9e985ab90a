import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError } from '../cluster/cluster-error.ts'
import { redact } from '../log/redact.ts'
import { formatRef, isJsonObject, type Json, type JsonObject, textAt } from '../manifest/object.ts'
import type { HealthResult } from './check.ts'
import { type FailingPod, failingPodIn } from './failing-pod.ts'

const maxObjects = 3
const maxEvents = 3
const maxLogLines = 10
const maxLineLength = 300
const timeLimitMs = 5_000

/**
 * Why objects are not healthy, in at most a few dozen lines: what each says of itself, its last warnings, and of the
 * first pod that fails what is wrong in it and the end of its log. What may not be read, or not in time, is left out;
 * it never throws for it. Secrets and control characters are taken out.
 */
export async function explainUnhealthy(
  client: Pick<ClusterClient, 'request'>,
  results: readonly HealthResult[],
): Promise<readonly string[]> {
  const unhealthy = results.filter(({ status }) => status !== 'Current')
  const failed = unhealthy.filter(({ status }) => status === 'Failed')
  const shown = [...failed, ...unhealthy.filter((result) => !failed.includes(result))]
  const ask = askOnce(client)
  const lines: string[] = []
  let isPodShown = false
  for (const { ref, message, object } of shown.slice(0, maxObjects)) {
    lines.push(`${formatRef(ref)}: ${message}`)
    lines.push(...(await warningsOf(ask, ref.kind, ref.namespace, ref.name)))
    if (isPodShown || object === undefined) continue
    const pod = await failingPodIn(object, ask)
    if (pod === undefined) continue
    isPodShown = true
    lines.push(...(await podLines(ask, pod, ref.kind === 'Pod')))
  }
  if (shown.length > maxObjects) lines.push(`… and ${shown.length - maxObjects} more`)
  return lines.map(shownLine)
}

type Ask = (path: string, query: Readonly<Record<string, string>>) => Promise<Json | undefined>

/** One attempt a question: this is a courtesy, and nobody waits for it. */
function askOnce(client: Pick<ClusterClient, 'request'>): Ask {
  const signal = AbortSignal.timeout(timeLimitMs)
  return async (path, query) => {
    try {
      const accept = 'application/json, */*'
      const request = { method: 'GET' as const, path, query, accept, signal }
      return (await client.request({ ...request, timeoutMs: timeLimitMs })).body
    } catch (thrown) {
      if (thrown instanceof ClusterError) return undefined
      throw thrown
    }
  }
}

async function podLines(ask: Ask, pod: FailingPod, isNamed: boolean): Promise<readonly string[]> {
  const { namespace, name, container } = pod
  const path = `/api/v1/namespaces/${segment(namespace)}/pods/${segment(name)}/log`
  const query = {
    ...(container === '' ? {} : { container }),
    ...(pod.isRestarted ? { previous: 'true' } : {}),
    tailLines: String(maxLogLines),
    limitBytes: '16384',
  }
  const log = container === '' ? undefined : await ask(path, query)
  const logLines = typeof log === 'string' ? log.trimEnd().split('\n').slice(-maxLogLines) : []
  const hasLog = logLines.some((line) => line.trim() !== '')
  return [
    `Pod/${namespace}/${name}: ${pod.fault}`,
    ...(isNamed ? [] : await warningsOf(ask, 'Pod', namespace, name)),
    ...(hasLog ? [`log of ${name}/${container}:`, ...logLines.map((line) => `  ${line}`)] : []),
  ]
}

/** The last warnings Kubernetes recorded for an object. */
async function warningsOf(
  ask: Ask,
  kind: string,
  namespace: string,
  name: string,
): Promise<readonly string[]> {
  if (namespace === '') return []
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${name},type=Warning`
  const path = `/api/v1/namespaces/${segment(namespace)}/events`
  const body = await ask(path, { fieldSelector, limit: '50' })
  return itemsOf(body)
    .toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
    .slice(-maxEvents)
    .map((event) => {
      const count = typeof event.count === 'number' && event.count > 1 ? ` (×${event.count})` : ''
      return `  ${textAt(event, 'reason')}: ${textAt(event, 'message')}${count}`
    })
}

function timeOf(event: JsonObject): string {
  return textAt(event, 'lastTimestamp') || textAt(event, 'eventTime')
}

function itemsOf(body: Json | undefined): readonly JsonObject[] {
  const items = isJsonObject(body) ? body.items : undefined
  return Array.isArray(items) ? items.filter(isJsonObject) : []
}

function segment(name: string): string {
  return encodeURIComponent(name)
}

/** One line, without secrets and without what a terminal would obey. */
function shownLine(line: string): string {
  const plain = redact(line).replace(ansiSequence, '').replace(controls, ' ')
  return plain.length > maxLineLength ? `${plain.slice(0, maxLineLength - 1)}…` : plain
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const ansiSequence = /\u001b\[[0-?]*[ -/]*[@-~]/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g
