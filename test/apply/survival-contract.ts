import { describe, expect, it } from 'vitest'
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
} from '../../lib/manifest/object.ts'
import type { Scene } from './scene.ts'

/** What others add to our objects stays, whoever applied the object before us. */
export function describeSurvival(title: string, createFirst: () => Promise<Scene>): void {
  describe(title, () => {
    it.each(['kustomize-controller', 'kubectl', 'kubectl-client-side-apply', 'driftless'])(
      'replicas of an autoscaler and an injected sidecar survive us after %s',
      async (manager) => {
        const scene = await createFirst()
        const { replicas: _, ...spec } = specOf(scene.deployment())
        const wanted = { ...scene.deployment(), spec }
        await scene.as(manager).apply({ ...wanted, metadata: { ...wanted.metadata, labels } })
        await patch(scene, 'scale', { spec: { replicas: 5 } }, 'kube-controller-manager')
        const sidecar = { name: 'proxy', image: 'example.com/proxy:1' }
        const pod = { template: { spec: { containers: [sidecar] } } }
        await patch(scene, '', { spec: pod }, 'sidecar-injector')
        const before = await scene.live('Deployment', 'web')
        await scene.apply([wanted])
        const live = await scene.live('Deployment', 'web')
        expect(live?.spec).toMatchObject({ replicas: 5 })
        expect(containersOf(live?.spec)).toEqual(['proxy', 'web'])
        // Nothing of the template changed, so that no Pod is restarted.
        expect(live?.metadata.generation).toBe(before?.metadata.generation)
        expect(live?.metadata.labels).not.toHaveProperty('stale')
        expect((await scene.apply([wanted])).changes[0]?.action).toBe('unchanged')
      },
    )

    it('what leaves Git leaves the cluster, and what others own of it stays', async () => {
      const scene = await createFirst()
      await scene.as('kustomize-controller').apply(scene.configMap('c', { ours: '1', gone: '1' }))
      await scene.as('other').apply(scene.configMap('c', { theirs: '1', gone: '1' }))
      await scene.apply([scene.configMap('c', { ours: '1' })])
      expect((await scene.live('ConfigMap', 'c'))?.data).toEqual({
        ours: '1',
        theirs: '1',
        gone: '1',
      })
      await scene.as('other').apply(scene.configMap('c', { theirs: '1' }))
      expect((await scene.live('ConfigMap', 'c'))?.data).toEqual({ ours: '1', theirs: '1' })
    })
  })
}

const labels = { stale: 'yes' }

function specOf({ spec }: KubeObject): JsonObject {
  return isJsonObject(spec) ? spec : {}
}

function containersOf(spec: Json | undefined): readonly Json[] {
  const template = isJsonObject(spec) && isJsonObject(spec.template) ? spec.template : {}
  const containers = isJsonObject(template.spec) ? template.spec.containers : []
  const names = Array.isArray(containers) ? containers.filter(isJsonObject) : []
  return names.map(({ name }) => name ?? '').toSorted()
}

async function patch(
  scene: Scene,
  subresource: string,
  body: JsonObject,
  fieldManager: string,
): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${scene.namespace}/deployments/web`
  const isScale = subresource === 'scale'
  await scene.client.request({
    method: 'PATCH',
    path: isScale ? `${path}/scale` : path,
    contentType: isScale
      ? 'application/merge-patch+json'
      : 'application/strategic-merge-patch+json',
    query: { fieldManager },
    body,
  })
}
