import type { ClusterClient } from '../cluster/client.ts'
import { ClusterError, isUnreachable } from '../cluster/cluster-error.ts'
import {
  annotationsOf,
  isJsonObject,
  type Json,
  type KubeObject,
  labelsOf,
  splitApiVersion,
  textAt,
} from '../manifest/object.ts'
import { conditionsOf, fieldAt, stringAt } from './fields.ts'
import { failed, type ObjectStatus } from './object-status.ts'
import { computeStatus } from './status.ts'

type Lists = Pick<ClusterClient, 'list'>

/**
 * A workload that is in progress has failed where pods of its newest revision have: they crash again and again, and
 * nothing is gained by waiting for the deadline. Pods that go, or that only lack a node, do not count, nor those of an
 * older revision, which a mended one is about to replace. What may not be read changes nothing.
 * Source: fluxcd/cli-utils statusreaders/pod_controller.go, which counts older revisions too.
 */
export async function withFailedPods(
  client: Lists,
  object: KubeObject,
  status: ObjectStatus,
  now: Date,
): Promise<ObjectStatus> {
  if (status.status !== 'InProgress' || !hasPods(object)) return status
  try {
    const count = await countFailed(client, object, now)
    return count === 0 ? status : failed(`${count} pods have failed`)
  } catch (thrown) {
    if (!(thrown instanceof ClusterError) || isUnreachable(thrown)) throw thrown
    return status
  }
}

const kinds: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'StatefulSet'])

function hasPods({ apiVersion, kind }: KubeObject): boolean {
  return kinds.has(kind) && splitApiVersion(apiVersion).group === 'apps'
}

async function countFailed(client: Lists, object: KubeObject, now: Date): Promise<number> {
  const labelSelector = selectorOf(fieldAt(object, 'spec.selector'))
  const namespace = textAt(object.metadata, 'namespace')
  if (labelSelector === '' || namespace === '') return 0
  const options = { namespace, labelSelector }
  const pods = await client.list({ group: '', version: 'v1', kind: 'Pod' }, options)
  const broken = pods.filter((pod) => hasFailed(pod, now))
  if (broken.length === 0) return 0
  if (object.kind !== 'Deployment') return broken.filter((pod) => isNewestOf(object, pod)).length
  const sets = await client.list({ group: 'apps', version: 'v1', kind: 'ReplicaSet' }, options)
  const newest = sets.find(
    (set) => isOwnedBy(set, object) && revisionOf(set) === revisionOf(object),
  )
  return newest === undefined ? 0 : broken.filter((pod) => isOwnedBy(pod, newest)).length
}

function hasFailed(pod: KubeObject, now: Date): boolean {
  if (textAt(pod.metadata, 'deletionTimestamp') !== '') return false
  const isUnschedulable = conditionsOf(pod).some(
    ({ type, status, reason }) =>
      type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
  )
  return !isUnschedulable && computeStatus(pod, now).status === 'Failed'
}

function isNewestOf(object: KubeObject, pod: KubeObject): boolean {
  const newest = stringAt(object, 'status.updateRevision')
  const own = labelsOf(pod)['controller-revision-hash']
  return isOwnedBy(pod, object) && (object.kind !== 'StatefulSet' || newest === own)
}

function isOwnedBy({ metadata }: KubeObject, owner: KubeObject): boolean {
  const references = Array.isArray(metadata.ownerReferences) ? metadata.ownerReferences : []
  const uid = textAt(owner.metadata, 'uid')
  return uid !== '' && references.some((each) => isJsonObject(each) && textAt(each, 'uid') === uid)
}

function revisionOf(object: KubeObject): string {
  return textAt(annotationsOf(object), 'deployment.kubernetes.io/revision')
}

/** A selector as a list takes it; empty where it has an operator that is none. */
function selectorOf(selector: Json | undefined): string {
  if (!isJsonObject(selector)) return ''
  const labels = isJsonObject(selector.matchLabels) ? selector.matchLabels : {}
  const expressions = Array.isArray(selector.matchExpressions) ? selector.matchExpressions : []
  const parts = [
    ...Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`),
    ...expressions.map((each) => (isJsonObject(each) ? requirement(each) : '')),
  ]
  return parts.includes('') ? '' : parts.join(',')
}

function requirement(expression: Readonly<Record<string, Json>>): string {
  const { key, operator, values } = expression
  const list = Array.isArray(values) ? values.map(String).join(',') : ''
  switch (operator) {
    case 'In':
      return `${String(key)} in (${list})`
    case 'NotIn':
      return `${String(key)} notin (${list})`
    case 'Exists':
      return String(key)
    case 'DoesNotExist':
      return `!${String(key)}`
    default:
      return ''
  }
}
