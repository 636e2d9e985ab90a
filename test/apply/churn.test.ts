import { describe, expect, it } from 'vitest'
import { planStage } from '../../lib/apply/plan.ts'
import { createClusterClient } from '../../lib/cluster/client.ts'
import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'
import { createScriptedTransport, status } from '../cluster/scripted-transport.ts'

const owner = { name: 'apps', namespace: 'flux-system' }

function configMap(data: JsonObject, resourceVersion: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', namespace: 'ns', resourceVersion },
    data,
  }
}

/** Plans over a server whose reads and dry runs answer in turn with these. */
async function plan(reads: readonly KubeObject[], dryRuns: readonly KubeObject[]) {
  const left = { GET: [...reads], PATCH: [...dryRuns] }
  const transport = createScriptedTransport(({ method }) => {
    const body = method === 'GET' || method === 'PATCH' ? left[method].shift() : undefined
    return body === undefined
      ? { status: 404, body: status(404, 'NotFound', 'configmaps "a" not found') }
      : { body }
  })
  const desired = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' } }
  const planned = await planStage(createClusterClient(transport), [desired], { owner })
  const [object] = planned.objects
  return { action: object?.action, fields: object?.fields, left }
}

describe('an object that others change while it is planned (A45)', () => {
  it('is unchanged where only its version moved', async () => {
    const { action } = await plan([configMap({ a: '1' }, '1')], [configMap({ a: '1' }, '2')])
    expect(action).toBe('unchanged')
  })

  it('is read again where it changed after it was listed and before the dry run', async () => {
    const named = (name: string): KubeObject => ({
      ...configMap({ a: '1' }, '1'),
      metadata: { name, namespace: 'ns', resourceVersion: '1' },
    })
    const changed = configMap({ a: '1', theirs: 'x' }, '2')
    const transport = createScriptedTransport(({ method, path }) => {
      if (path.endsWith('/configmaps')) return { body: { items: ['a', 'b', 'c'].map(named) } }
      const name = path.at(-1) ?? ''
      if (method === 'GET' || name === 'a') return { body: name === 'a' ? changed : named(name) }
      return { body: named(name) }
    })
    const objects = ['a', 'b', 'c'].map(
      (name): KubeObject => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'ns' },
      }),
    )
    const planned = await planStage(createClusterClient(transport), objects, { owner })
    expect(planned.objects.map(({ action }) => action)).toEqual(Array(3).fill('unchanged'))
    const reads = transport.requests.filter(({ path }) => path.includes('/configmaps'))
    expect(reads.filter(({ method }) => method === 'GET').map(({ path }) => path)).toEqual([
      '/api/v1/namespaces/ns/configmaps',
      '/api/v1/namespaces/ns/configmaps/a',
    ])
  })

  it('is tried again where it changed after the dry run', async () => {
    const { action, left } = await plan(
      [configMap({}, '1'), configMap({ theirs: 'y' }, '3')],
      [configMap({ theirs: 'x' }, '2'), configMap({ theirs: 'y' }, '3')],
    )
    expect(action).toBe('unchanged')
    expect(left).toEqual({ GET: [], PATCH: [] })
  })

  it('is configured with what is ours alone where it drifted as well', async () => {
    const { action, fields } = await plan(
      [configMap({ a: 'x' }, '1'), configMap({ a: 'x', theirs: 'y' }, '3')],
      [configMap({ a: '1', theirs: 'x' }, '2'), configMap({ a: '1', theirs: 'y' }, '3')],
    )
    expect(action).toBe('configured')
    expect(fields).toEqual([{ path: 'data.a', before: 'x', after: '1' }])
  })

  it('is created where it went meanwhile, and not looked at for ever where it never rests', async () => {
    const gone = await plan([configMap({}, '1')], [configMap({ a: '1' }, '')])
    expect(gone.action).toBe('created')
    const restless = (index: number): KubeObject => configMap({ n: String(index) }, String(index))
    const numbers = Array.from({ length: 20 }, (_, index) => index)
    const busy = await plan(
      numbers.map((index) => restless(2 * index)),
      numbers.map((index) => restless(2 * index + 1)),
    )
    expect(busy.action).toBe('configured')
    expect(busy.left.PATCH).toHaveLength(17)
  })
})
