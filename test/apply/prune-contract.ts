import { beforeEach, describe, expect, it } from 'vitest'
import { pruneObjects, remainingRefs } from '../../lib/apply/prune.ts'
import { type KubeObject, refOf } from '../../lib/manifest/object.ts'
import { definition, widget } from './custom-kind.ts'
import type { Scene } from './scene.ts'

/** What leaves the cluster, and what must not. */
export function describePrune(title: string, createScene: () => Promise<Scene>): void {
  describe(title, () => {
    let scene: Scene

    beforeEach(async () => {
      scene = await createScene()
    })

    const prune = (objects: readonly KubeObject[], more: object = {}) =>
      pruneObjects(scene.client, objects.map(refOf), { owner: scene.options.owner, ...more })

    const lines = ({ changes }: Awaited<ReturnType<typeof prune>>): readonly string[] =>
      changes.map(({ ref, action }) => `${ref.kind}/${ref.name} ${action}`)

    it('deletes in the reverse of the order in which it applies', async () => {
      const objects = [
        scene.configMap('b', {}),
        scene.deployment(),
        scene.configMap('a', {}),
        {
          apiVersion: 'v1',
          kind: 'ServiceAccount',
          metadata: { name: 'x', namespace: scene.namespace },
        },
      ]
      await scene.apply(objects)
      expect(lines(await prune(objects))).toEqual([
        'Deployment/web deleted',
        'ConfigMap/b deleted',
        'ConfigMap/a deleted',
        'ServiceAccount/x deleted',
      ])
      expect(await remainingRefs(scene.client, objects.map(refOf))).toEqual([])
    })

    it('counts what is gone already as deleted, and a kind that is gone with it', async () => {
      const { client } = scene
      const result = await prune([scene.configMap('never', {}), widget('nowhere', scene.namespace)])
      expect(lines(result)).toEqual(['Widget/w deleted', 'ConfigMap/never deleted'])
      expect(result.survivors).toEqual([])
      expect(client.counts().writes).toBe(0)
    })

    it('finds an object whose version is no longer served under the one that is', async () => {
      const kind = definition(scene.namespace)
      await scene.apply([kind, widget(scene.namespace, scene.namespace)])
      const old = { ...widget(scene.namespace, scene.namespace) }
      const stale = { ...old, apiVersion: `${scene.namespace}.example.com/v1beta1` }
      expect(lines(await prune([stale]))).toEqual(['Widget/w deleted'])
      expect(await remainingRefs(scene.client, [refOf(old)])).toEqual([])
      await prune([kind], { lifted: ['CustomResourceDefinition'] })
    })

    it('keeps a namespace, a definition and a volume until somebody lets them go (A36)', async () => {
      const name = `${scene.namespace}-own`
      const space: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
      const kind = definition(scene.namespace)
      const guarded = [space, kind, claim(scene.namespace), scene.configMap('a', {})]
      await scene.apply(guarded)
      const kept = await prune(guarded)
      expect(lines(kept)).toEqual(['ConfigMap/a deleted'])
      expect(kept.refused.map((ref) => ref.kind)).toEqual([
        'PersistentVolumeClaim',
        'Namespace',
        'CustomResourceDefinition',
      ])
      expect(kept.survivors).toEqual(kept.refused)
      expect(kept.error).toMatchObject({ code: 'PruneRefused', reason: 'PruneFailed' })
      expect(kept.error?.message).toContain(
        `set the annotation fleet.driftless.dev/allow-prune: Namespace, CustomResourceDefinition, PersistentVolumeClaim on Kustomization/${scene.namespace}/apps`,
      )
      const allow = { metadata: { annotations: { 'fleet.driftless.dev/allow-prune': 'true' } } }
      await scene.client.patch(refOf(space), allow, { type: 'merge' })
      const gone = await prune(guarded, {
        lifted: ['CustomResourceDefinition', 'PersistentVolumeClaim'],
      })
      expect(gone.error).toBeUndefined()
      expect(lines(gone)).toEqual([
        'PersistentVolumeClaim/data deleted',
        'ConfigMap/a deleted',
        `Namespace/${name} deleted`,
        `CustomResourceDefinition/${kind.metadata.name} deleted`,
      ])
    })

    it('never deletes a namespace of Kubernetes itself', async () => {
      const space: KubeObject = {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'default' },
      }
      await scene.apply([space])
      expect(lines(await prune([space], { lifted: ['Namespace'] }))).toEqual([
        'Namespace/default skipped',
      ])
    })

    it('skips what belongs to somebody else or is to be kept', async () => {
      await scene.apply([scene.configMap('moved', {})], {
        owner: { name: 'other', namespace: scene.namespace },
      })
      await scene.as('someone').apply(scene.configMap('foreign', {}))
      const kept = scene.configMap(
        'kept',
        {},
        { labels: { 'kustomize.toolkit.fluxcd.io/prune': 'Disabled' } },
      )
      await scene.apply([kept])
      const objects = [scene.configMap('moved', {}), scene.configMap('foreign', {}), kept]
      expect(lines(await prune(objects))).toEqual([
        'ConfigMap/moved skipped',
        'ConfigMap/kept skipped',
        'ConfigMap/foreign skipped',
      ])
      expect(await remainingRefs(scene.client, objects.map(refOf))).toHaveLength(3)
    })

    it('tells what finalizers hold back', async () => {
      const held = scene.configMap('held', {}, { finalizers: ['example.com/hold'] })
      await scene.apply([held])
      const result = await prune([held])
      expect(lines(result)).toEqual(['ConfigMap/held deleted'])
      expect(result.terminating).toEqual([refOf(held)])
      expect(await remainingRefs(scene.client, [refOf(held)])).toHaveLength(1)
      const release = { metadata: { finalizers: null } }
      await scene.client.patch(refOf(held), release, { type: 'merge' })
      expect(await remainingRefs(scene.client, [refOf(held)])).toEqual([])
    })

    it('deletes nothing in a dry run, and nothing once it must not go on', async () => {
      const object = scene.configMap('a', {})
      await scene.apply([object])
      expect(lines(await prune([object], { isDryRun: true }))).toEqual(['ConfigMap/a deleted'])
      const beforeStage = () => Promise.reject(new Error('the lease is gone'))
      const refused = await prune([object], { beforeStage })
      expect(refused.survivors).toEqual([refOf(object)])
      expect(refused.error).toMatchObject({ code: 'PruneFailed', reason: 'PruneFailed' })
      expect(await remainingRefs(scene.client, [refOf(object)])).toHaveLength(1)
    })
  })
}

function claim(namespace: string): KubeObject {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  const metadata = { name: 'data', namespace }
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, spec }
}
