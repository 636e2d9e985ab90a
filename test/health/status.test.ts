import { describe, expect, it } from 'vitest'
import { computeFluxStatus, computeStatus } from '../../lib/health/status.ts'
import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'

const now = new Date('2026-11-23T12:00:00Z')

function object(type: string, content: JsonObject = {}, metadata: JsonObject = {}): KubeObject {
  const slash = type.lastIndexOf('/')
  const apiVersion = type.slice(0, slash)
  return {
    apiVersion,
    kind: type.slice(slash + 1),
    metadata: { name: 'x', namespace: 'ns', ...metadata },
    ...content,
  }
}

const condition = (type: string, status: string, more: JsonObject = {}): JsonObject => ({
  status: { conditions: [{ type, status, ...more }] },
})

describe('status', () => {
  it.each([
    ['v1/ConfigMap', {}, 'Current', 'Resource is always ready'],
    ['v1/Namespace', {}, 'Current', 'Resource is current'],
    ['example.com/v1/Widget', condition('Ready', 'True'), 'Current', 'Resource is Ready'],
    ['example.com/v1/Widget', condition('Ready', 'False', { message: 'no' }), 'InProgress', 'no'],
    [
      'example.com/v1/Widget',
      condition('Stalled', 'True', { message: 'stuck' }),
      'Failed',
      'stuck',
    ],
    [
      'example.com/v1/Widget',
      condition('Reconciling', 'True', { message: 'busy' }),
      'InProgress',
      'busy',
    ],
    [
      'apiextensions.k8s.io/v1/CustomResourceDefinition',
      condition('NamesAccepted', 'False', { message: 'taken' }),
      'Failed',
      'taken',
    ],
    ['v1/PersistentVolumeClaim', {}, 'InProgress', 'PVC is not Bound. phase: unknown'],
    ['v1/Pod', { status: { phase: 'Odd' } }, 'Unknown', 'unknown phase Odd'],
  ])('%s %j is %s', (type, content, status, message) => {
    expect(computeStatus(object(type, content), now)).toEqual({ status, message })
  })

  it('is terminating before all else', () => {
    const going = object('v1/ConfigMap', {}, { deletionTimestamp: '2026-11-23T11:00:00Z' })
    expect(computeStatus(going, now).status).toBe('Terminating')
  })

  it('is in progress while the newest generation is not observed', () => {
    const stale = object(
      'example.com/v1/Widget',
      { status: { observedGeneration: 1 } },
      { generation: 2 },
    )
    expect(computeStatus(stale, now)).toEqual({
      status: 'InProgress',
      message: 'Widget generation is 2, but latest observed generation is 1',
    })
  })

  it('gives a pod a moment to find a node', () => {
    const pending = (creationTimestamp: string): KubeObject =>
      object(
        'v1/Pod',
        {
          status: {
            phase: 'Pending',
            conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
          },
        },
        { creationTimestamp },
      )
    expect(computeStatus(pending('2026-11-23T11:59:50Z'), now).status).toBe('InProgress')
    expect(computeStatus(pending('2026-11-23T11:59:40Z'), now).status).toBe('Failed')
  })

  it('names the containers that crash', () => {
    const waiting = { state: { waiting: { reason: 'CrashLoopBackOff' } } }
    const containerStatuses = [{ name: 'a', ...waiting }, { name: 'b' }, { name: 'c', ...waiting }]
    const pod = object('v1/Pod', { status: { phase: 'Running', containerStatuses } })
    expect(computeStatus(pod, now)).toEqual({
      status: 'Failed',
      message: 'Containers in CrashLoop state: a,c',
    })
  })

  it('survives whatever stands where it looks', () => {
    const odd = [null, 1, 'x', [], [null], { a: 1 }]
    for (const value of odd) {
      for (const type of ['v1/Pod', 'apps/v1/Deployment', 'batch/v1/Job', 'x.io/v1/X']) {
        const strange = object(type, { spec: value, status: value })
        expect(computeFluxStatus(strange, now).message).toBeTypeOf('string')
        const inner = object(type, { status: { conditions: value, containerStatuses: value } })
        expect(computeFluxStatus(inner, now).message).toBeTypeOf('string')
      }
    }
  })
})

describe('a Job', () => {
  const running = object('batch/v1/Job', {
    status: { startTime: '2026-11-23T11:00:00Z', active: 1 },
  })

  it('is current for kstatus while it runs, and for Flux only when it is complete', () => {
    expect(computeStatus(running, now).status).toBe('Current')
    expect(computeFluxStatus(running, now)).toEqual({
      status: 'InProgress',
      message: 'Job in progress. success:0, active: 1, failed: 0',
    })
    const complete = object('batch/v1/Job', condition('Complete', 'True'))
    expect(computeFluxStatus(complete, now).status).toBe('Current')
    const broken = object('batch/v1/Job', condition('Failed', 'True'))
    expect(computeFluxStatus(broken, now)).toEqual({
      status: 'Failed',
      message: 'Job Failed. failed: 0/1',
    })
  })

  it('is current for Flux while it is suspended', () => {
    const suspended = object('batch/v1/Job', { spec: { suspend: true } })
    expect(computeFluxStatus(suspended, now).status).toBe('Current')
    expect(computeStatus(suspended, now).status).toBe('InProgress')
  })
})
