import { beforeAll, expect, it } from 'vitest'
import { ApplyError } from '../../lib/apply/apply-error.ts'
import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { isJsonObject, type Json, type KubeObject } from '../../lib/manifest/object.ts'
import { type ControlPlane, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'
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
          [ours, theirs].map((namespace) => read(namespace, object, scene.client.get)),
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
        const objects = thinnedObjects(ours, version, chance)
        for (const object of objects) await scene.apply([object]).catch(expectRefusal)
        const items = thinnedObjects(theirs, version, chance)
        const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
        // The server judges; its complaints are part of the comparison: such objects are absent, or as they were.
        await controlPlane.kubectl(
          [...['apply', '--server-side', '--force-conflicts'], ...['--validate=false', '-f', '-']],
          list,
        )
        for (const object of objects) {
          const [a, b] = await Promise.all(
            [ours, theirs].map((namespace) =>
              read(namespace, object, scene.client.get).catch(() => 'absent'),
            ),
          )
          expect({ object, live: a }).toEqual({ object, live: b })
          if (a !== 'absent') equal += 1
        }
      }
      expect(equal).toBeGreaterThan(50)
    },
  )

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

function expectRefusal(thrown: unknown): void {
  expect(thrown).toBeInstanceOf(ApplyError)
}

/** What differs between any two objects, and the labels that only we set. */
function withoutIdentity(object: KubeObject, namespace: string): Json {
  const { metadata, status: _status, ...content } = object
  const { labels, annotations, finalizers } = metadata
  const kept = { labels: withoutOwner(labels), annotations: withoutRevision(annotations) }
  const text = JSON.stringify({ ...content, ...kept, finalizers: finalizers ?? null })
  const addresses = /"(clusterIPs?|nodePort|nodeName)":(\[[^\]]*\]|"[^"]*"|\d+)/g
  const scheduled = /"nodeName":null,|,"nodeName":null/g
  const settled = text.replaceAll(namespace, 'ns').replace(addresses, '"$1":null')
  return JSON.parse(settled.replace(scheduled, ''))
}

/** A controller writes it, when it comes to it. */
function withoutRevision(annotations: Json | undefined): Json {
  if (!isJsonObject(annotations)) return {}
  const { 'deployment.kubernetes.io/revision': _, ...own } = annotations
  return own
}

function withoutOwner(labels: Json | undefined): Json {
  if (!isJsonObject(labels)) return {}
  const own = Object.entries(labels).filter(([key]) => !key.startsWith('kustomize.toolkit'))
  return Object.fromEntries(own)
}
