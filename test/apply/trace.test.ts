import { describe, expect, it } from 'vitest'
import { hasMoved, traceOf, wantedDigest } from '../../lib/apply/trace.ts'
import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'

const desired: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'ns', labels: { app: 'web' } },
}
const ours = {
  manager: 'driftless',
  operation: 'Apply',
  time: '2026-11-23T10:00:00Z',
  fieldsV1: { 'f:metadata': { 'f:labels': { 'f:app': {} } }, 'f:spec': { 'f:replicas': {} } },
}
const statusAt = (time: string, more: JsonObject = {}) => ({
  manager: 'controller',
  operation: 'Update',
  subresource: 'status',
  time,
  fieldsV1: { 'f:status': { 'f:replicas': {} }, ...more },
})

function live(resourceVersion: string, metadata: JsonObject = {}): KubeObject {
  const managedFields = [ours, statusAt('2026-11-23T10:00:01Z')]
  const common = { uid: 'u', generation: 1, labels: { app: 'web' }, managedFields }
  return { ...desired, metadata: { name: 'web', ...common, resourceVersion, ...metadata } }
}

const trace = (first: KubeObject, wanted: KubeObject = desired) =>
  traceOf(first, wanted, wantedDigest(wanted), 'driftless')
const moved = (metadata: JsonObject) => hasMoved(trace(live('1')), live('2', metadata))
const later = [ours, statusAt('2026-11-23T10:05:00Z')]

describe('a trace', () => {
  it('holds for the same version of the same object alone', () => {
    expect(hasMoved(trace(live('1')), live('1'))).toBe(false)
    expect(hasMoved(trace(live('1')), live('1', { uid: 'other' }))).toBe(true)
    expect(hasMoved(trace(live('', { uid: '' })), live('', { uid: '' }))).toBe(true)
  })

  it('holds where status was written since, and nothing else', () => {
    expect(moved({ managedFields: later })).toBe(false)
  })

  it('holds where a controller marks the object along with its status', () => {
    const mark = { 'f:metadata': { 'f:annotations': { 'f:revision': {} } } }
    const managedFields = [ours, statusAt('2026-11-23T10:05:00Z', mark)]
    expect(moved({ managedFields, annotations: { revision: '2' } })).toBe(false)
  })

  it('does not hold where nothing says what the new version is about', () => {
    expect(moved({})).toBe(true)
  })

  it.each<[string, JsonObject]>([
    ['the spec', { generation: 2, managedFields: later }],
    ['a label', { labels: { app: 'other' }, managedFields: later }],
    ['an annotation', { annotations: { note: 'x' }, managedFields: later }],
    ['who owns our fields', { managedFields: [{ ...ours, fieldsV1: {} }, ...later.slice(1)] }],
    ['who wrote it last', { managedFields: [...later, { ...ours, manager: 'kubectl-edit' }] }],
    ['that it is being deleted', { deletionTimestamp: 'now', managedFields: later }],
    ['the record of its fields', { managedFields: [] }],
  ])('does not hold where %s changed too', (_, metadata) => {
    expect(moved(metadata)).toBe(true)
  })

  it('takes any new version for a change where a kind counts no generations', () => {
    const without = (version: string) => live(version, { generation: 0, managedFields: later })
    expect(hasMoved(trace(without('1')), without('2'))).toBe(true)
  })

  it('takes any new version for a change where a label of ours belongs to somebody else', () => {
    const wanted = { ...desired, metadata: { name: 'web', labels: { app: 'web', team: 'one' } } }
    const labels = { app: 'web', team: 'one' }
    const first = live('1', { labels })
    expect(hasMoved(trace(first, wanted), live('2', { labels, managedFields: later }))).toBe(true)
  })
})
