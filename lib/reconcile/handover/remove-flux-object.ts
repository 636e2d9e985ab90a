import type { ClusterClient } from '../../cluster/client.ts'
import { type KubeObject, refOf, textAt } from '../../manifest/object.ts'
import { isSuspended, nameOf } from './flux-objects.ts'
import { changeLive, unfinished } from './steps.ts'

const fluxFinalizer = 'finalizers.fluxcd.io'

/**
 * Removes an object of Flux's from the cluster without anything that it owns: its finalizer goes first, and only while
 * the object is as it was when it was seen to be suspended, so that no controller can have begun to prune.
 */
export async function removeFluxObject(client: ClusterClient, object: KubeObject): Promise<void> {
  await changeLive(client, refOf(object), async (live) => {
    const isPruner = live.kind === 'Kustomization'
    if (isPruner && !isSuspended(live)) {
      throw unfinished(`${nameOf(live)} is no longer suspended; somebody resumed it`)
    }
    const bare = await withoutFinalizer(client, live)
    await client.delete(refOf(bare), {
      uid: textAt(bare.metadata, 'uid'),
      resourceVersion: textAt(bare.metadata, 'resourceVersion'),
    })
    return undefined
  })
}

async function withoutFinalizer(client: ClusterClient, live: KubeObject): Promise<KubeObject> {
  const { finalizers, resourceVersion } = live.metadata
  const names = Array.isArray(finalizers) ? finalizers : []
  if (!names.includes(fluxFinalizer)) return live
  const left = names.filter((name) => name !== fluxFinalizer)
  const patch = [
    { op: 'replace', path: '/metadata/finalizers', value: left },
    { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion ?? '' },
  ]
  return client.patch(refOf(live), patch, { type: 'json' })
}
