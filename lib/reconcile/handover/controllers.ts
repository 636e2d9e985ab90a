import type { ClusterClient } from '../../cluster/client.ts'
import { annotationsOf, isJsonObject, type KubeObject, refOf } from '../../manifest/object.ts'
import { type HandOver, until } from './steps.ts'

const replicasAnnotation = 'fleet.driftless.dev/replicas'

/** The Deployments of Flux's controllers in the cluster; none where they run elsewhere. */
export async function findControllers(client: ClusterClient): Promise<readonly KubeObject[]> {
  const found = await client.list(
    { group: 'apps', version: 'v1', kind: 'Deployment' },
    { labelSelector: 'app.kubernetes.io/part-of=flux' },
  )
  return found.filter(({ metadata }) => /-controller(?:-|$)/.test(metadata.name))
}

/** True where a kustomize-controller is known, and none of its Pods is left. */
export async function isStopped(client: ClusterClient): Promise<boolean> {
  const builders = (await findControllers(client)).filter(isBuilder)
  return builders.length > 0 && builders.every((each) => wantedOf(each) === 0 && podsOf(each) === 0)
}

/** Scales controllers to nothing, remembering how many there were, and waits until their Pods are gone. */
export async function stopControllers(
  handOver: HandOver,
  isMeant: (controller: KubeObject) => boolean,
): Promise<void> {
  const { client, tell } = handOver
  const meant = (await findControllers(client)).filter(isMeant)
  for (const controller of meant.filter((each) => wantedOf(each) > 0)) {
    await scale(client, controller, 0, String(wantedOf(controller)))
    tell(`${controller.metadata.name} scaled to 0`)
  }
  let running: readonly string[] = []
  await until(
    handOver,
    async () => {
      const now = (await findControllers(client)).filter(isMeant)
      running = now.filter((each) => podsOf(each) > 0).map(({ metadata }) => metadata.name)
      return running.length === 0 ? true : undefined
    },
    () => `still running: ${running.join(', ')}`,
  )
}

/** Scales them to what they were; how many are there to go on. */
export async function startControllers({ client, tell }: HandOver): Promise<number> {
  const found = await findControllers(client)
  for (const controller of found.filter((each) => wantedOf(each) === 0)) {
    const kept = Number(annotationsOf(controller)[replicasAnnotation] ?? 1)
    const replicas = Number.isSafeInteger(kept) && kept > 0 ? kept : 1
    await scale(client, controller, replicas, null)
    tell(`${controller.metadata.name} scaled to ${replicas}`)
  }
  return found.filter(isBuilder).length
}

/** kustomize-controller, and the shards of it. */
export function isBuilder({ metadata }: KubeObject): boolean {
  return metadata.name.startsWith('kustomize-controller')
}

async function scale(
  client: ClusterClient,
  controller: KubeObject,
  replicas: number,
  remembered: string | null,
): Promise<void> {
  const metadata = { annotations: { [replicasAnnotation]: remembered } }
  await client.patch(refOf(controller), { metadata, spec: { replicas } }, { type: 'merge' })
}

function wantedOf({ spec }: KubeObject): number {
  return isJsonObject(spec) && typeof spec.replicas === 'number' ? spec.replicas : 1
}

function podsOf({ status }: KubeObject): number {
  return isJsonObject(status) && typeof status.replicas === 'number' ? status.replicas : 0
}
