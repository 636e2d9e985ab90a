import { describe, expect, it } from 'vitest'
import { ApplyError } from '../../lib/apply/apply-error.ts'
import { ClusterError } from '../../lib/cluster/cluster-error.ts'
import type { Transport } from '../../lib/cluster/transport.ts'
import type { KubeObject } from '../../lib/manifest/object.ts'
import { secret } from './apply-contract.ts'
import { createScene, type Scene } from './scene.ts'

/** What an apply comes to when it is killed, hindered or refused in the middle. */
export function describeFaults(title: string, createFirst: () => Promise<Scene>): void {
  describe(title, () => {
    it('converges when it is run again after a kill at any request', async () => {
      for (let allowed = 0, isDone = false; !isDone; allowed += 1) {
        const scene = await createFirst()
        await prepareScene(scene)
        const wanted = finalObjects(scene)
        const killed = through(scene, killAfter(allowed))
        isDone = await killed.apply(wanted, { isForced: true }).then(
          () => true,
          (thrown: unknown) => {
            expect(thrown).toBeInstanceOf(ApplyError)
            return false
          },
        )
        const lines = await scene.outcome(wanted, { isForced: true })
        expect(lines).toHaveLength(wanted.length)
        expect(await scene.outcome(wanted)).toEqual(
          lines.map((line) => `${line.split(' ')[0]} unchanged`),
        )
        expect((await scene.live('ConfigMap', 'taken'))?.data).toEqual({ key: '1' })
        expect((await scene.live('Deployment', 'web'))?.spec).toMatchObject({
          selector: { matchLabels: { app: 'other' } },
        })
      }
    })

    it('gets through a server that is busy, breaks connections and loses answers', async () => {
      const scene = await createFirst()
      await prepareScene(scene)
      const wanted = finalObjects(scene)
      const hindered = through(scene, hinder())
      const { changes } = await hindered.apply(wanted, { isForced: true })
      expect(changes).toHaveLength(wanted.length)
      expect(hindered.client.counts().retries).toBeGreaterThan(10)
      const lines = await scene.outcome(wanted)
      expect(lines.every((line) => line.endsWith(' unchanged'))).toBe(true)
    })

    it('tells exactly what was written when the cluster goes away in the middle', async () => {
      const scene = await createFirst()
      const wanted = ['a', 'b', 'c'].map((name) => scene.configMap(name, {}))
      const objects = [...wanted, scene.deployment()]
      const cut = through(scene, cutAtWriteOf('deployments'))
      await expect(cut.apply(objects)).rejects.toMatchObject({
        code: 'ApplyFailed',
        reason: 'ClusterUnreachable',
        retryable: true,
        message: `Deployment/${scene.namespace}/web apply failed: no route\n${['a', 'b', 'c'].map((name) => `ConfigMap/${scene.namespace}/${name} created\n`).join('')}`,
        changes: [{ action: 'created' }, { action: 'created' }, { action: 'created' }],
      })
    })

    it('takes a field that another applier owns, as Flux does', async () => {
      const scene = await createFirst()
      await scene.as('other').apply(scene.configMap('a', { key: 'theirs' }))
      const { changes } = await scene.apply([scene.configMap('a', { key: 'ours' })])
      expect(changes[0]?.fields).toContainEqual({
        path: 'data.key',
        before: 'theirs',
        after: 'ours',
        manager: 'other',
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      })
    })

    it('waits for what it recreates to be gone, and asks to be called again', async () => {
      const scene = await createFirst()
      const held = scene.deployment({}, { finalizers: ['example.com/hold'] })
      await scene.apply([held])
      const wanted = { ...otherDeployment(scene), metadata: held.metadata }
      const options = { isForced: true, stageWaitMs: 60 }
      const { waitingFor, waitingMessage } = await scene.apply([wanted], options)
      expect(waitingFor).toMatchObject([{ kind: 'Deployment', name: 'web' }])
      expect(waitingMessage).toBe(
        `timeout waiting for: [Deployment/${scene.namespace}/web status: 'Terminating']`,
      )
      const ref = { group: 'apps', version: 'v1', kind: 'Deployment', name: 'web' }
      const target = { ...ref, namespace: scene.namespace }
      await scene.client.patch(target, { metadata: { finalizers: null } }, { type: 'merge' })
      const again = await scene.apply([otherDeployment(scene)], options)
      expect(again).toMatchObject({ waitingFor: [], changes: [{ action: 'created' }] })
    })
  })
}

/** What is there before: an object of kubectl's, one that must be recreated, one that stays. */
async function prepareScene(scene: Scene): Promise<void> {
  await scene.apply([scene.deployment(), scene.configMap('same', { key: '1' })])
  const theirs = scene.configMap('taken', { key: '1', extra: '2' })
  await scene.as('kubectl-client-side-apply').create(theirs)
}

function finalObjects(scene: Scene): readonly KubeObject[] {
  return [
    scene.configMap('new', { key: '1' }),
    scene.configMap('same', { key: '1' }),
    scene.configMap('taken', { key: '1' }),
    secret(scene, 'value'),
    otherDeployment(scene),
  ]
}

function otherDeployment(scene: Scene): KubeObject {
  return scene.deployment({
    selector: { matchLabels: { app: 'other' } },
    template: {
      metadata: { labels: { app: 'other' } },
      spec: { containers: [{ name: 'web', image: 'example.com/web:1' }] },
    },
  })
}

/** The same scene behind a transport that misbehaves; what waits there takes no time. */
function through(scene: Scene, misbehave: (transport: Transport) => Transport): Scene {
  let ms = 0
  return createScene(misbehave(scene.transport), scene.namespace, {
    now: () => new Date(ms),
    wait: async (delayMs) => {
      ms += delayMs / 100
    },
  })
}

/** The process dies: from the request after `allowed` on nothing goes out, or its answer never comes back. */
function killAfter(allowed: number): (transport: Transport) => Transport {
  let sent = 0
  return (transport) => async (request) => {
    sent += 1
    if (sent > allowed + 1) throw new Error('killed')
    const response = await transport(request)
    if (sent > allowed) throw new Error('killed before the answer came')
    return response
  }
}

/** Every request meets a fault first, each of another kind. */
function hinder(): (transport: Transport) => Transport {
  const seen = new Set<string>()
  let turn = 0
  return (transport) => async (request) => {
    const key = JSON.stringify([request.method, request.path, request.query, request.body ?? ''])
    if (seen.has(key)) return transport(request)
    seen.add(key)
    turn += 1
    if (turn % 4 === 0) return { status: 429, body: 'busy', warnings: [], retryAfterSeconds: 1 }
    if (turn % 4 === 1) return { status: 503, body: 'down', warnings: [] }
    // Half of the lost ones had arrived.
    if (turn % 4 === 2) await transport(request)
    throw new ClusterError('ConnectionLost', 'reset', { retryable: true })
  }
}

function cutAtWriteOf(plural: string): (transport: Transport) => Transport {
  return (transport) => async (request) => {
    const isWrite = request.method === 'PATCH' && request.query?.dryRun === undefined
    if (isWrite && request.path.includes(`/${plural}/`)) {
      throw new ClusterError('Unreachable', 'no route', { retryable: true })
    }
    return transport(request)
  }
}
