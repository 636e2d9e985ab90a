import { beforeAll, expect, it } from 'vitest'
import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { type ControlPlane, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'
import { applyBeside, readApplied } from './beside-kubectl.ts'
import { gadgets, richDefinition } from './custom-objects.ts'
import { createScene } from './scene.ts'
import { thinnedObjects } from './thinned-objects.ts'
import { variedObjects } from './varied-objects.ts'

/** `DRIFTLESS_CHANCE_SEEDS=50` looks further than CI does. */
const seeds = Array.from({ length: Number(process.env.DRIFTLESS_CHANCE_SEEDS ?? 1) }, (_, at) => at)

describeWithPeers(controlPlanePeers, 'beside kubectl apply --server-side', () => {
  let controlPlane: ControlPlane

  beforeAll(async () => {
    controlPlane = await sharedControlPlane()
  })

  it('leaves equal objects behind, first and after a change', async () => {
    const [ours, theirs] = [
      await createNamespace(controlPlane, 'same'),
      await createNamespace(controlPlane, 'same'),
    ]
    const scene = createScene(await transportFromSecret(controlPlane.kubeconfig), ours)
    for (const version of ['1', '2']) {
      const { changes } = await scene.apply(variedObjects(ours, version))
      expect(new Set(changes.map(({ action }) => action))).not.toContain('skipped')
      const items = variedObjects(theirs, version)
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
      const applied = await controlPlane.kubectl(['apply', '--server-side', '-f', '-'], list)
      expect(applied.stderr).toBe('')
      for (const object of variedObjects(ours, version)) {
        const [a, b] = await Promise.all(
          [ours, theirs].map((namespace) => readApplied(scene, namespace, object)),
        )
        expect(a).toEqual(b)
      }
    }
  })

  it.each(seeds)(
    'takes and refuses the same of what chance leaves of objects (seed %i)',
    async (seed) => {
      const [ours, theirs] = [
        await createNamespace(controlPlane, 'chance'),
        await createNamespace(controlPlane, 'chance'),
      ]
      const scene = createScene(await transportFromSecret(controlPlane.kubeconfig), ours)
      let equal = 0
      for (const version of ['1', '2']) {
        const chance = { seed: seed * 2 + Number(version), copies: 3 }
        equal += await applyBeside(controlPlane, scene, theirs, (namespace) =>
          thinnedObjects(namespace, version, chance),
        )
      }
      expect(equal).toBeGreaterThan(50)
    },
  )

  it.each(seeds)(
    'finds in the sandbox what it would find here of custom kinds (seed %i)',
    async (seed) => {
      const namespace = await createNamespace(controlPlane, 'gadgets')
      const group = `s${namespace.slice('gadgets-'.length)}.example.com`
      const sandbox = createSandboxCluster({ settleMs: 0 })
      const scenes = [
        createScene(await transportFromSecret(controlPlane.kubeconfig), namespace),
        createScene(sandbox.transport, namespace),
      ] as const
      await scenes[1].apply([
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      ])
      for (const scene of scenes)
        await scene.apply([richDefinition(group)], { stageWaitMs: 60_000 })
      for (const round of [0, 1, 2]) {
        for (const object of gadgets(group, namespace, { seed: seed * 3 + round, count: 30 })) {
          const [a, b] = await Promise.all(
            scenes.map(async (scene) => {
              // In which order several faults are told is left to chance.
              const isTaken = await scene.apply([object]).then(
                () => true,
                () => false,
              )
              return {
                isTaken,
                live: await readApplied(scene, namespace, object).catch(() => 'absent'),
              }
            }),
          )
          expect({ object, ...b }).toEqual({ object, ...a })
        }
      }
      await sandbox.close()
    },
  )

  it.each(seeds)('takes and refuses the same of custom kinds (seed %i)', async (seed) => {
    const ours = await createNamespace(controlPlane, 'custom')
    const theirs = await createNamespace(controlPlane, 'custom')
    const scene = createScene(await transportFromSecret(controlPlane.kubeconfig), ours)
    const group = `g${ours.slice('custom-'.length)}.example.com`
    await scene.apply([richDefinition(group)], { stageWaitMs: 60_000 })
    let equal = 0
    for (const round of [0, 1, 2]) {
      const chance = { seed: seed * 3 + round, count: 30 }
      equal += await applyBeside(controlPlane, scene, theirs, (namespace) =>
        gadgets(group, namespace, chance),
      )
    }
    expect(equal).toBeGreaterThan(30)
  })
})
