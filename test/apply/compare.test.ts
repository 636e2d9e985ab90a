import { describe, expect, it } from 'vitest'
import { fieldChanges, hasDrifted } from '../../lib/apply/compare.ts'
import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'

function object(content: JsonObject, kind = 'Widget', apiVersion = 'v1'): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x' }, ...content }
}

/** Whether the two differ, and what is told of it: never one without the other. */
function compare(before: KubeObject, after: KubeObject): readonly object[] {
  const changes = fieldChanges(before, after)
  expect(hasDrifted(before, after)).toBe(changes.length > 0)
  return changes
}

describe('what changes', () => {
  it('is told by the shortest path that holds the whole change', () => {
    expect(
      compare(
        object({ spec: { a: 1, gone: { b: 2 }, same: [1, { c: 3 }] } }),
        object({ spec: { a: 2, new: ['x'], same: [1, { c: 3 }] } }),
      ),
    ).toEqual([
      { path: 'spec.a', before: '1', after: '2' },
      { path: 'spec.gone', before: '{"b":2}' },
      { path: 'spec.new', after: '["x"]' },
    ])
  })

  it('tells items with names apart by their names', () => {
    const list = (...names: string[]): KubeObject =>
      object({ spec: { containers: names.map((name) => ({ name, image: `${name}:1` })) } })
    expect(compare(list('a', 'b'), list('b', 'c'))).toEqual([
      { path: 'spec.containers[1]', after: '{"name":"c","image":"c:1"}' },
      { path: 'spec.containers[0]', before: '{"name":"a","image":"a:1"}' },
    ])
    const sidecar = object({ spec: { containers: [{ name: 'b', image: 'b:2' }] } })
    expect(compare(list('b'), sidecar)).toEqual([
      { path: 'spec.containers[0].image', before: 'b:1', after: 'b:2' },
    ])
  })

  it('sees that named items changed their order', () => {
    const list = (...names: string[]): KubeObject =>
      object({ spec: { list: names.map((name) => ({ name })) } })
    expect(compare(list('a', 'b'), list('b', 'a'))).toEqual([
      { path: 'spec.list', before: '["a","b"]', after: '["b","a"]' },
    ])
  })

  it('holds labels and annotations, and nothing else of metadata and status', () => {
    const before = object({
      metadata: { name: 'x', generation: 1, labels: { a: '1' } },
      status: { ready: false },
    })
    const after = object({
      metadata: { name: 'x', generation: 2, annotations: { 'example.com/b': '2' } },
      status: { ready: true },
    })
    expect(compare(before, after)).toEqual([
      { path: 'metadata.labels.a', before: '1' },
      { path: 'metadata.annotations["example.com/b"]', after: '2' },
    ])
  })

  it('takes null for absent, and an empty map or list for what it is', () => {
    expect(compare(object({ spec: { a: null } }), object({ spec: {} }))).toEqual([])
    expect(compare(object({ spec: {} }), object({ spec: { a: {} } }))).toHaveLength(1)
    expect(compare(object({ spec: {} }), object({ spec: { a: [] } }))).toHaveLength(1)
  })

  it('is masked in Secrets, old values kubectl left behind included', () => {
    const secret = (data: JsonObject, applied: string): KubeObject => ({
      ...object({ data, immutable: false }, 'Secret'),
      metadata: {
        name: 'x',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': applied },
      },
    })
    const changes = compare(
      secret({ a: 'aHVudGVyMg==', gone: 'aHVudGVyMg==' }, 'hunter2'),
      secret({ a: 'aHVudGVyMw==', new: 'aHVudGVyMw==' }, 'hunter3'),
    )
    expect(JSON.stringify(changes)).not.toMatch(/hunter|aHVu/)
    expect(changes).toContainEqual({
      path: 'data.a',
      before: '*** (before)',
      after: '*** (after)',
    })
    expect(changes).toContainEqual({ path: 'data.gone', before: '***' })
    const whole = compare(object({}, 'Secret'), object({ data: { a: 'aHVu' } }, 'Secret'))
    expect(whole).toEqual([{ path: 'data.a', after: '***' }])
  })

  it('does not count the metrics that old API servers repeat', () => {
    const scaler = (metrics: JsonObject[]): KubeObject =>
      object({ spec: { metrics } }, 'HorizontalPodAutoscaler', 'autoscaling/v2')
    const cpu = { type: 'Resource', resource: { name: 'cpu' } }
    expect(compare(scaler([cpu]), scaler([cpu, cpu, {}]))).toEqual([])
  })

  it('is bounded in number and length', () => {
    const wide = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`k${index}`, 'x']))
    const changes = fieldChanges(object({}), object(wide))
    expect(changes).toHaveLength(101)
    expect(changes.at(-1)).toEqual({ path: '… and 50 more fields' })
    const [long] = fieldChanges(object({}), object({ a: 'x'.repeat(5_000) }))
    expect(long?.after).toHaveLength(1_001)
  })
})
