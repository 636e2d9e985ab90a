import { beforeAll, expect, it } from 'vitest'
import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { isJsonObject, type Json, type KubeObject } from '../../lib/manifest/object.ts'
import { type ControlPlane, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'
import { createScene } from './scene.ts'
import { variedObjects } from './varied-objects.ts'

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
          [ours, theirs].map((namespace) => read(namespace, object, scene.client.get)),
        )
        expect(a).toEqual(b)
      }
    }
  })

  async function read(
    namespace: string,
    object: KubeObject,
    get: ReturnType<typeof createScene>['client']['get'],
  ): Promise<Json> {
    const [group = '', version = ''] = object.apiVersion.includes('/')
      ? object.apiVersion.split('/')
      : ['', object.apiVersion]
    const { name } = object.metadata
    const live = await get({ group, version, kind: object.kind, namespace, name })
    return withoutIdentity(live, namespace)
  }
})

/** What differs between any two objects, and the labels that only we set. */
function withoutIdentity(object: KubeObject, namespace: string): Json {
  const { metadata, status: _status, ...content } = object
  const { labels, annotations, finalizers } = metadata
  const kept = { labels: withoutOwner(labels), annotations: annotations ?? null }
  const text = JSON.stringify({ ...content, ...kept, finalizers: finalizers ?? null })
  const addresses = /"(clusterIPs?|nodePort)":(\[[^\]]*\]|"[^"]*"|\d+)/g
  return JSON.parse(text.replaceAll(namespace, 'ns').replace(addresses, '"$1":null'))
}

function withoutOwner(labels: Json | undefined): Json {
  if (!isJsonObject(labels)) return {}
  const own = Object.entries(labels).filter(([key]) => !key.startsWith('kustomize.toolkit'))
  return Object.fromEntries(own)
}
