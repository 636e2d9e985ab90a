import { describe, expect, it } from 'vitest'
import { createClusterClient } from '../../lib/cluster/client.ts'
import { ClusterError } from '../../lib/cluster/cluster-error.ts'
import { checkHealth, type HealthResult, summarizeHealth } from '../../lib/health/check.ts'
import type { ObjectRef } from '../../lib/manifest/object.ts'
import { createScriptedTransport, type Script, status } from '../cluster/scripted-transport.ts'

const now = (): Date => new Date('2026-11-23T12:00:00Z')
const ref = (name: string, kind = 'ConfigMap'): ObjectRef => ({
  group: '',
  version: 'v1',
  kind,
  namespace: 'ns',
  name,
})
const object = (name: string, kind = 'ConfigMap') => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace: 'ns' },
})
const gone = { status: 404, body: status(404, 'NotFound', 'not found') }

function check(script: Script, refs: readonly ObjectRef[], options: object = {}) {
  const transport = createScriptedTransport(script)
  const client = createClusterClient(transport, { wait: async () => undefined })
  return { results: checkHealth(client, refs, { now, ...options }), transport }
}

const nameOf = (path: string): string => path.split('/').at(-1) ?? ''

describe('one round of health', () => {
  it('tells each object in the order it was asked for', async () => {
    const { results } = check(
      ({ path }) => {
        if (nameOf(path) === 'lost') return gone
        if (nameOf(path) === 'secret') {
          return { status: 403, body: status(403, 'Forbidden', 'secrets is forbidden') }
        }
        return { body: object(nameOf(path)) }
      },
      [ref('lost'), ref('here'), ref('secret')],
    )
    expect(await results).toMatchObject([
      { ref: ref('lost'), status: 'NotFound' },
      { ref: ref('here'), status: 'Current', object: object('here') },
      { ref: ref('secret'), status: 'Unknown', message: 'secrets is forbidden' },
    ])
  })

  it('reads many objects by one list, and asks for what the list does not hold', async () => {
    const names = ['a', 'b', 'c', 'unlabelled']
    const { results, transport } = check(
      ({ path, query }) =>
        query?.labelSelector === 'owner=x'
          ? { body: { items: names.slice(0, 3).map((name) => object(name)) } }
          : { body: object(nameOf(path)) },
      names.map((name) => ref(name)),
      { labelSelector: 'owner=x' },
    )
    expect((await results).map(({ status: state }) => state)).toEqual(Array(4).fill('Current'))
    expect(transport.requests.map(({ path }) => path)).toEqual([
      '/api/v1',
      '/api/v1/namespaces/ns/configmaps',
      '/api/v1/namespaces/ns/configmaps/unlabelled',
    ])
  })

  it('reads one by one where it may not list', async () => {
    const { results } = check(
      ({ path, query }) =>
        query?.labelSelector === undefined
          ? { body: object(nameOf(path)) }
          : { status: 403, body: status(403, 'Forbidden', 'no list') },
      ['a', 'b', 'c'].map((name) => ref(name)),
      { labelSelector: 'owner=x' },
    )
    expect((await results).map(({ status: state }) => state)).toEqual(Array(3).fill('Current'))
  })

  it("asks the user's own rule first", async () => {
    const { results } = check(
      ({ path }) => ({ body: object(nameOf(path)) }),
      [ref('a'), ref('b')],
      {
        evaluate: ({ metadata }: { metadata: { name: string } }) =>
          metadata.name === 'a' ? { status: 'Failed', message: 'says the rule' } : undefined,
      },
    )
    expect(await results).toMatchObject([
      { status: 'Failed', message: 'says the rule' },
      { status: 'Current' },
    ])
  })

  it('does not know what nobody serves, and finds what is served in another version', async () => {
    const kinds = [{ name: 'foos', kind: 'Foo', namespaced: true, verbs: ['get'] }]
    const groups = [{ name: 'example.com', versions: [{ version: 'v2' }] }]
    const foo = { group: 'example.com', version: 'v1', kind: 'Foo', namespace: 'ns', name: 'f' }
    const { results } = check(
      ({ path }) => {
        if (path === '/apis') return { body: { kind: 'APIGroupList', groups } }
        if (path === '/apis/example.com/v2') return { body: { resources: kinds } }
        if (path !== '/apis/example.com/v2/namespaces/ns/foos/f') return gone
        return { body: { apiVersion: 'example.com/v2', kind: 'Foo', metadata: { name: 'f' } } }
      },
      [foo, { ...foo, group: 'nope.example.com' }],
    )
    expect(await results).toMatchObject([
      { status: 'Current' },
      { status: 'Unknown', message: 'no matches for kind "Foo" in group "nope.example.com"' },
    ])
  })

  it('is no verdict on objects where the cluster is out of reach', async () => {
    const { results } = check(() => new ClusterError('Unreachable', 'no route'), [ref('a')])
    await expect(results).rejects.toMatchObject({ code: 'Unreachable' })
  })
})

describe('what a round comes to', () => {
  const result = (name: string, state: HealthResult['status']): HealthResult => ({
    ref: ref(name),
    status: state,
    message: '',
  })

  it('is healthy only where everything is current', () => {
    expect(summarizeHealth([])).toEqual({ isHealthy: true, hasFailed: false, message: '' })
    expect(summarizeHealth([result('a', 'Current')]).isHealthy).toBe(true)
    expect(summarizeHealth([result('a', 'Current'), result('b', 'NotFound')])).toEqual({
      isHealthy: false,
      hasFailed: false,
      message: "timeout waiting for: [ConfigMap/ns/b status: 'NotFound']",
    })
  })

  it('names those that failed, alone, where some did', () => {
    const results = [result('b', 'Failed'), result('c', 'InProgress'), result('a', 'Failed')]
    expect(summarizeHealth(results)).toEqual({
      isHealthy: false,
      hasFailed: true,
      message:
        "failed early due to stalled resources: [ConfigMap/ns/a status: 'Failed', ConfigMap/ns/b status: 'Failed']",
    })
  })
})
