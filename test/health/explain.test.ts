import { describe, expect, it } from 'vitest'
import { createClusterClient } from '../../lib/cluster/client.ts'
import { ClusterError } from '../../lib/cluster/cluster-error.ts'
import type { ClusterRequest, ClusterResponse } from '../../lib/cluster/transport.ts'
import type { HealthResult } from '../../lib/health/check.ts'
import { explainUnhealthy } from '../../lib/health/explain.ts'
import type { Json, JsonObject, KubeObject } from '../../lib/manifest/object.ts'
import { createScriptedTransport, status } from '../cluster/scripted-transport.ts'

const deployment: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { matchLabels: { app: 'web' } } },
}
const ref = { group: 'apps', version: 'v1', kind: 'Deployment', namespace: 'default', name: 'web' }
const failed: HealthResult = {
  ref,
  status: 'Failed',
  message: 'Progress deadline exceeded',
  object: deployment,
}

const pod = (name: string, state: JsonObject): JsonObject => ({
  metadata: { name, namespace: 'default' },
  status: state,
})
const crashing = pod('web-b', {
  phase: 'Running',
  containerStatuses: [
    {
      name: 'app',
      restartCount: 4,
      state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s' } },
      lastState: { terminated: { exitCode: 1, reason: 'Error' } },
    },
  ],
})
const healthy = pod('web-a', {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [{ name: 'app', restartCount: 0, state: { running: {} } }],
})
const warning = (reason: string, message: string, count = 1) => ({
  reason,
  message,
  count,
  lastTimestamp: `2026-11-23T10:00:0${count}Z`,
})

type Answers = {
  readonly events?: (selector: string) => readonly JsonObject[]
  readonly pods?: readonly JsonObject[]
  readonly log?: Json
}

function ask(answers: Answers, results: readonly HealthResult[] = [failed], fault?: ClusterError) {
  const transport = createScriptedTransport((request): Partial<ClusterResponse> | Error => {
    if (fault !== undefined) return fault
    return answerTo(request, answers)
  })
  const client = createClusterClient(transport, { wait: async () => undefined })
  return { lines: explainUnhealthy(client, results), requests: transport.requests }
}

const forbidden = { status: 403, body: status(403, 'Forbidden', 'no') }

function answerTo({ path, query }: ClusterRequest, { events, pods, log }: Answers) {
  if (path.endsWith('/events')) {
    return events === undefined
      ? forbidden
      : { body: { items: events(query?.fieldSelector ?? '') } }
  }
  if (path.endsWith('/pods')) return pods === undefined ? forbidden : { body: { items: pods } }
  return log === undefined ? forbidden : { body: log }
}

describe('explainUnhealthy', () => {
  it('tells the warnings of an object, what is wrong in its first failing pod, and the end of its log', async () => {
    const { lines, requests } = ask({
      events: (selector) =>
        selector.includes('kind=Pod')
          ? [warning('BackOff', 'Back-off restarting failed container', 7)]
          : [warning('Later', 'two', 2), warning('Earlier', 'one')],
      pods: [healthy, crashing],
      log: 'starting\npanic: no such table\n',
    })
    expect(await lines).toEqual([
      'Deployment/default/web: Progress deadline exceeded',
      '  Earlier: one',
      '  Later: two (×2)',
      'Pod/default/web-b: container app is in CrashLoopBackOff: back-off 40s; ended with exit code 1',
      '  BackOff: Back-off restarting failed container (×7)',
      'log of web-b/app:',
      '  starting',
      '  panic: no such table',
    ])
    expect(requests.find(({ path }) => path.endsWith('/log'))?.query).toEqual({
      container: 'app',
      previous: 'true',
      tailLines: '10',
      limitBytes: '16384',
    })
  })

  it('leaves out without a word what it may not read', async () => {
    expect(await ask({}).lines).toEqual(['Deployment/default/web: Progress deadline exceeded'])
    const away = new ClusterError('Unreachable', 'no route')
    expect(await ask({}, [failed], away).lines).toHaveLength(1)
  })

  it('takes out secrets, and what a terminal would obey, and keeps lines and their number short', async () => {
    const log = [
      ...Array.from({ length: 50 }, (_, index) => `line ${index}`),
      'password=hunter2 \u001b[31mred\u001b[0m\u0007',
      `x${'y'.repeat(5_000)}`,
    ].join('\n')
    const lines = await ask({ events: () => [], pods: [crashing], log }).lines
    expect(lines).toHaveLength(13)
    for (const gone of ['hunter2', '\u001b', '\u0007']) expect(lines.join()).not.toContain(gone)
    expect(lines.at(-2)).toBe('  password=*** red ')
    expect(lines.at(-1)).toHaveLength(300)
  })

  it('puts what has failed first, and names no more than three', async () => {
    const waiting = Array.from({ length: 5 }, (_, index): HealthResult => {
      const name = `c${index}`
      return { ref: { ...ref, name }, status: 'InProgress', message: 'waits' }
    })
    const lines = await ask({ events: () => [] }, [...waiting, failed]).lines
    expect(lines).toEqual([
      'Deployment/default/web: Progress deadline exceeded',
      'Deployment/default/c0: waits',
      'Deployment/default/c1: waits',
      '… and 3 more',
    ])
  })

  it.each([
    [
      { phase: 'Failed', reason: 'Evicted', message: 'low on memory' },
      'has failed: Evicted: low on memory',
    ],
    [
      {
        phase: 'Pending',
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' },
        ],
      },
      'PodScheduled is False: Unschedulable 0/1 nodes',
    ],
    [
      {
        phase: 'Pending',
        initContainerStatuses: [
          { name: 'init', state: { terminated: { exitCode: 2, reason: 'OOMKilled' } } },
        ],
      },
      'container init ended with exit code 2 (OOMKilled)',
    ],
    [
      { containerStatuses: [{ name: 'app', state: { waiting: { reason: 'ErrImagePull' } } }] },
      'container app is in ErrImagePull',
    ],
  ])('tells what is wrong in a pod: %j', async (state, fault) => {
    const lines = await ask({ events: () => [], pods: [pod('p', state)] }).lines
    expect(lines).toContain(`Pod/default/p: ${fault}`)
  })
})
