import { describe, expect, it } from 'vitest'
import { pruneObjects } from '../../lib/apply/prune.ts'
import { createClusterClient } from '../../lib/cluster/client.ts'
import { ClusterError } from '../../lib/cluster/cluster-error.ts'
import type { ClusterResponse } from '../../lib/cluster/transport.ts'
import type { ObjectRef } from '../../lib/manifest/object.ts'
import { createScriptedTransport, type Script, status } from '../cluster/scripted-transport.ts'

const owner = { name: 'apps', namespace: 'flux-system' }
const labels = {
  'kustomize.toolkit.fluxcd.io/name': 'apps',
  'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
}
const ref = (name: string, kind = 'ConfigMap'): ObjectRef => ({
  group: '',
  version: 'v1',
  kind,
  namespace: 'ns',
  name,
})
const owned = (name: string): Partial<ClusterResponse> => ({
  body: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'ns', uid: `uid-${name}`, labels },
  },
})
const gone = { status: 404, body: status(404, 'NotFound', 'configmaps "x" not found') }

function prune(script: Script, refs: readonly ObjectRef[]) {
  const transport = createScriptedTransport(script)
  const client = createClusterClient(transport, { wait: async () => undefined })
  const deletions = (): readonly string[] =>
    transport.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path)
  return { result: pruneObjects(client, refs, { owner }), deletions, transport }
}

describe('pruning on an incomplete read (A35)', () => {
  const reads: readonly [string, Partial<ClusterResponse> | Error][] = [
    ['forbidden', { status: 403, body: status(403, 'Forbidden', 'no') }],
    ['broken', { status: 500, body: status(500, 'InternalError', 'etcd') }],
    ['the page of a proxy', { status: 404, body: '<html>not found</html>' }],
    ['no object', { body: {} }],
    ['unreachable', new ClusterError('Unreachable', 'no route')],
    ['cut short', new ClusterError('ConnectionLost', 'cut short')],
  ]

  it.each(reads)(
    'deletes nothing and forgets nothing where the answer is %s',
    async (_, answer) => {
      const { result, deletions } = prune(() => answer, [ref('a'), ref('b')])
      const { changes, survivors, error } = await result
      expect(changes).toEqual([])
      expect(survivors).toEqual([ref('b'), ref('a')])
      expect(error).toMatchObject({ code: 'PruneFailed', reason: 'PruneFailed', retryable: true })
      expect(error?.message).toMatch(
        /^delete failed, errors: ConfigMap\/ns\/b query failed: .*;ConfigMap\/ns\/a query failed: .*;$/,
      )
      expect(deletions()).toEqual([])
    },
  )

  it('asks no more of a cluster that is out of reach', async () => {
    const refs = Array.from({ length: 100 }, (_, index) => ref(`a${index}`))
    const { result, transport } = prune(() => new ClusterError('TimedOut', 'too late'), refs)
    expect((await result).survivors).toHaveLength(100)
    expect(transport.requests.length).toBeLessThan(40)
  })
})

describe('a deletion that fails (A37)', () => {
  it('keeps its object and goes on with the others', async () => {
    const { result, deletions } = prune(
      ({ method, path }) => {
        const name = path.split('/').at(-1) ?? ''
        if (method === 'GET') return name === 'gone' ? gone : owned(name)
        return name === 'held'
          ? { status: 403, body: status(403, 'Forbidden', 'configmaps "held" is forbidden') }
          : { body: { kind: 'Status' } }
      },
      [ref('a'), ref('gone'), ref('held'), ref('z')],
    )
    const { changes, survivors, survivorReasons, error } = await result
    expect(changes.map((change) => `${change.ref.name} ${change.action}`)).toEqual([
      'z deleted',
      'gone deleted',
      'a deleted',
    ])
    expect(survivors).toEqual([ref('held')])
    const message = 'ConfigMap/ns/held delete failed: configmaps "held" is forbidden'
    expect(survivorReasons).toEqual([{ ref: ref('held'), message }])
    expect(error?.message).toBe(`delete failed, errors: ${message};`)
    expect(error?.changes).toEqual(changes)
    expect(deletions()).toHaveLength(3)
  })

  it('is none where the object went in the meantime, and never hits one that took its place', async () => {
    const { result, transport } = prune(
      ({ method }) => (method === 'GET' ? owned('a') : gone),
      [ref('a')],
    )
    expect((await result).changes).toMatchObject([{ action: 'deleted' }])
    expect(transport.requests.at(-1)?.body).toMatchObject({ preconditions: { uid: 'uid-a' } })
    const replaced = prune(
      ({ method }) =>
        method === 'GET' ? owned('a') : { status: 409, body: status(409, 'Conflict', 'uid') },
      [ref('a')],
    )
    expect((await replaced.result).survivors).toEqual([ref('a')])
  })

  it('spares what another owner took over after its labels were read', async () => {
    let version = 1
    const { result, transport } = prune(
      ({ method }) => {
        if (method === 'DELETE') {
          version += 1
          return { status: 409, body: status(409, 'Conflict', 'the object has been modified') }
        }
        const owner = version === 1 ? 'apps' : 'other'
        const metadata = { name: 'a', namespace: 'ns', uid: 'u', resourceVersion: String(version) }
        const taken = { ...labels, 'kustomize.toolkit.fluxcd.io/name': owner }
        return {
          body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, labels: taken } },
        }
      },
      [ref('a')],
    )
    const { changes, survivors } = await result
    expect(changes).toMatchObject([{ action: 'skipped' }])
    expect(survivors).toEqual([])
    const deletions = transport.requests.filter(({ method }) => method === 'DELETE')
    expect(deletions.map(({ body }) => body)).toMatchObject([
      { preconditions: { uid: 'u', resourceVersion: '1' } },
    ])
  })
})
