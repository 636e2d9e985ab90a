/** Flux's own controllers, seen from a benchmark. */
import { setTimeout as timeout } from 'node:timers/promises'
import type { ClusterClient } from '../lib/cluster/client.ts'
import type { Transport } from '../lib/cluster/transport.ts'
import { isJsonObject, type KubeObject } from '../lib/manifest/object.ts'

const thirtyMinutesMs = 30 * 60_000

/**
 * Until all Kustomizations are as `isDone` wants them; says how many of them are when `deadlineMs` have passed. Looks by
 * one list, the seldomer the longer it is: reading it slows down what is measured.
 */
export async function untilKustomizations(
  client: ClusterClient,
  count: number,
  isDone: (status: FluxStatus) => boolean,
  deadlineMs: number = thirtyMinutesMs,
): Promise<number> {
  const kind = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' }
  const deadline = performance.now() + deadlineMs
  for (;;) {
    const objects = await client.list(kind, { namespace: 'flux-system' })
    const done = objects.filter((object) => isDone(statusOf(object))).length
    if (done === count || performance.now() > deadline) return done
    await timeout(Math.max(100, count))
  }
}

export type FluxStatus = {
  readonly isReady: boolean
  readonly lastAppliedRevision: string
  readonly lastHandledReconcileAt: string
}

/** Asks for a look at once, as `flux reconcile` does; what the status says once it was heard. */
export async function requestReconcile(
  transport: Transport,
  path: string,
  now: string = String(Date.now()),
): Promise<string> {
  const { status } = await transport({
    method: 'PATCH',
    path,
    contentType: 'application/merge-patch+json',
    body: { metadata: { annotations: { 'reconcile.fluxcd.io/requestedAt': now } } },
  })
  if (status !== 200) throw new Error(`${path}: the annotation was answered ${status}`)
  return now
}

/** All requests that the API server has answered, but for watches, leases and what it asks itself. */
export async function requestCount(transport: Transport): Promise<number> {
  const { body } = await transport({ method: 'GET', path: '/metrics' })
  return String(body)
    .split('\n')
    .filter((line) => line.startsWith('apiserver_request_total{'))
    .filter((line) => !/verb="(WATCH|CONNECT)"|[,{]resource="(leases|flowschemas|)"/.test(line))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

function statusOf({ status }: KubeObject): FluxStatus {
  const fields = isJsonObject(status) ? status : {}
  const conditions = Array.isArray(fields.conditions) ? fields.conditions.filter(isJsonObject) : []
  return {
    isReady: conditions.some(({ type, status: state }) => type === 'Ready' && state === 'True'),
    lastAppliedRevision: String(fields.lastAppliedRevision ?? ''),
    lastHandledReconcileAt: String(fields.lastHandledReconcileAt ?? ''),
  }
}
