import { expect, it } from 'vitest'
import type { Transport } from '../../lib/cluster/transport.ts'
import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { createScene } from './scene.ts'

/** Changes the object before the first `count` patches that would take it over. */
function churning(inner: Transport, count: number): Transport {
  let left = count
  return async (request) => {
    const isTakeOver = request.contentType === 'application/json-patch+json'
    if (isTakeOver && left > 0) {
      left -= 1
      const body = { metadata: { annotations: { seen: String(left) } } }
      await inner({ ...request, contentType: 'application/merge-patch+json', body })
    }
    return inner(request)
  }
}

it.each([
  { times: 5, manager: 'driftless' },
  { times: 100, manager: 'kubectl' },
])(
  'an object that changes $times times while it is taken over belongs to $manager in the end',
  async ({ times, manager }) => {
    const sandbox = createSandboxCluster({ settleMs: 0 })
    const scene = createScene(churning(sandbox.transport, times), 'default')
    await createScene(sandbox.transport, 'default')
      .as('kubectl')
      .apply(scene.configMap('c', { key: '1', gone: '1' }))
    const applied = scene.apply([scene.configMap('c', { key: '1' })])
    if (manager === 'driftless') await applied
    else await expect(applied).rejects.toThrow(/cleanup failed: Operation cannot be fulfilled/)
    const live = await scene.live('ConfigMap', 'c')
    expect(live?.data).toEqual(manager === 'driftless' ? { key: '1' } : { key: '1', gone: '1' })
    await sandbox.close()
  },
)
