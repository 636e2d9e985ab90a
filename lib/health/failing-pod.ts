import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  textAt,
} from '../manifest/object.ts'
import { conditionsOf, fieldAt } from './fields.ts'

export type FailingPod = {
  readonly namespace: string
  readonly name: string
  /** Whose log tells most; empty where no container has started. */
  readonly container: string
  /** The log of the run before is the one that tells. */
  readonly isRestarted: boolean
  readonly fault: string
}

type Ask = (path: string, query: Readonly<Record<string, string>>) => Promise<Json | undefined>

const maxPods = 100

/** The first pod of an object that does not do what it should: of a workload by its selector, of a Pod itself. */
export async function failingPodIn(object: KubeObject, ask: Ask): Promise<FailingPod | undefined> {
  if (object.kind === 'Pod' && object.apiVersion === 'v1') return faultOf(object)
  const namespace = textAt(object.metadata, 'namespace')
  const labels = fieldAt(object, 'spec.selector.matchLabels')
  if (namespace === '' || !isJsonObject(labels) || Object.keys(labels).length === 0)
    return undefined
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(',')
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`
  const body = await ask(path, { labelSelector, limit: String(maxPods) })
  const items = isJsonObject(body) && Array.isArray(body.items) ? body.items : []
  const pods = items.filter(isJsonObject).flatMap((pod) => faultOf(pod) ?? [])
  return pods.toSorted((a, b) => Number(a.container === '') - Number(b.container === ''))[0]
}

function faultOf(pod: JsonObject): FailingPod | undefined {
  const metadata = isJsonObject(pod.metadata) ? pod.metadata : {}
  const status = isJsonObject(pod.status) ? pod.status : {}
  const place = { namespace: textAt(metadata, 'namespace'), name: textAt(metadata, 'name') }
  for (const key of ['initContainerStatuses', 'containerStatuses']) {
    const statuses = status[key]
    if (!Array.isArray(statuses)) continue
    for (const container of statuses.filter(isJsonObject)) {
      const found = containerFault(container)
      if (found !== undefined) return { ...place, ...found }
    }
  }
  const fault = podFault(status)
  return fault === undefined ? undefined : { ...place, container: '', isRestarted: false, fault }
}

/** States that a container passes through without anything being wrong. */
const passing: ReadonlySet<string> = new Set([
  '',
  'ContainerCreating',
  'PodInitializing',
  'Completed',
])

function containerFault(container: JsonObject): Omit<FailingPod, 'namespace' | 'name'> | undefined {
  const name = textAt(container, 'name')
  const state = isJsonObject(container.state) ? container.state : {}
  const last = isJsonObject(container.lastState) ? container.lastState : {}
  const waiting = isJsonObject(state.waiting) ? state.waiting : undefined
  const ended = [state.terminated, last.terminated].find(isJsonObject)
  const isRestarted = Number(container.restartCount) > 0 && waiting !== undefined
  const said = waiting === undefined ? '' : textAt(waiting, 'reason')
  const exit = ended === undefined ? '' : endOf(ended)
  if (!passing.has(said)) {
    const message = [textAt(waiting ?? {}, 'message'), exit]
      .filter((text) => text !== '')
      .join('; ')
    const fault = `container ${name} is in ${said}${message === '' ? '' : `: ${message}`}`
    return { container: name, isRestarted, fault }
  }
  if (exit === '') return undefined
  return { container: name, isRestarted, fault: `container ${name} ${exit}` }
}

function endOf(terminated: JsonObject): string {
  const code = terminated.exitCode
  if (code === 0 || typeof code !== 'number') return ''
  const [reason, message] = [textAt(terminated, 'reason'), textAt(terminated, 'message')]
  return `ended with exit code ${code}${reason === '' || reason === 'Error' ? '' : ` (${reason})`}${message === '' ? '' : `: ${message}`}`
}

function podFault(status: JsonObject): string | undefined {
  const phase = textAt(status, 'phase')
  const told = [textAt(status, 'reason'), textAt(status, 'message')].filter((text) => text !== '')
  if (phase === 'Failed') return ['has failed', ...told].join(': ')
  const conditions = conditionsOf({ apiVersion: 'v1', kind: 'Pod', metadata: { name: '' }, status })
  const unmet = conditions.find(({ type, status: state, reason }) => {
    if (state !== 'False') return false
    return type === 'PodScheduled' || (type === 'Ready' && reason !== 'PodCompleted')
  })
  return unmet === undefined
    ? undefined
    : `${unmet.type} is False: ${unmet.reason} ${unmet.message}`.trim()
}
