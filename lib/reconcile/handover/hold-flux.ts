import { isJsonObject, type KubeObject, refOf, textAt } from '../../manifest/object.ts'
import { handOverAnnotation } from '../inherit-inventory.ts'
import { isStopped } from './controllers.ts'
import {
  isHeldByUser,
  isSuspended,
  nameOf,
  readFluxKustomizations,
  requestAnnotation,
} from './flux-objects.ts'
import { changeLive, type HandOver, until } from './steps.ts'

/**
 * Suspends Flux's Kustomizations in the cluster, those too that a run under way still brings, and waits until Flux has
 * put down what it had in hand: it answers a request on a suspended object only after the run before.
 */
export async function holdFlux(handOver: HandOver): Promise<void> {
  for (;;) {
    const found = (await readFluxKustomizations(handOver.client)).filter(
      (object) => !isHeldByUser(object),
    )
    const running = found.filter((object) => !isSuspended(object))
    for (const object of running) await suspend(handOver, object)
    if (!handOver.isFluxGone) await becomeQuiet(handOver)
    if (running.length === 0) return
  }
}

/** Suspends one object and asks for an answer; with the resourceVersion, so that nobody else's change is lost. */
async function suspend({ client, now, tell }: HandOver, object: KubeObject): Promise<void> {
  const done = await changeLive(client, refOf(object), (live) =>
    client.patch(
      refOf(live),
      {
        metadata: {
          resourceVersion: textAt(live.metadata, 'resourceVersion'),
          annotations: {
            [handOverAnnotation]: 'adopting',
            [requestAnnotation]: now().toISOString(),
          },
        },
        spec: { suspend: true },
      },
      { type: 'merge' },
    ),
  )
  if (done !== undefined) tell(`${nameOf(object)} suspended`)
}

async function becomeQuiet(handOver: HandOver): Promise<void> {
  const { client } = handOver
  let silent: readonly string[] = []
  await until(
    handOver,
    async () => {
      const held = (await readFluxKustomizations(client)).filter(
        (object) => isSuspended(object) && !isHeldByUser(object),
      )
      silent = held.filter((object) => !hasAnswered(object)).map(nameOf)
      return silent.length === 0 || (await isStopped(client)) ? true : undefined
    },
    () =>
      `kustomize-controller has not put down ${silent.join(', ')}; is it running? Where it is gone for good: --flux-is-gone`,
  )
}

function hasAnswered({ metadata, status }: KubeObject): boolean {
  const asked = isJsonObject(metadata.annotations)
    ? textAt(metadata.annotations, requestAnnotation)
    : ''
  return isJsonObject(status) && textAt(status, 'lastHandledReconcileAt') === asked
}
