import type { ClusterClient } from '../../cluster/client.ts'
import { isConflict, isNotFound } from '../../cluster/cluster-error.ts'
import type { ObjectId } from '../../fleet/object-id.ts'
import { type KubeObject, type ObjectRef, refOf } from '../../manifest/object.ts'
import type { Operations } from '../operations.ts'
import { ReconcileError } from '../reconcile-error.ts'

/** What a hand-over works with. */
export type HandOver = {
  readonly cluster: string
  readonly client: ClusterClient
  readonly operations: Operations
  readonly now: () => Date
  readonly wait: (ms: number) => Promise<void>
  /** How long each step may take before the hand-over stops where it is; the next try goes on from there. */
  readonly timeoutMs: number
  /** The user says that no controller of Flux's works on this cluster any more: its answer is not waited for. */
  readonly isFluxGone: boolean
  readonly tell: (text: string) => void
}

/** A hand-over that is not through: nothing is lost, and the same command goes on from here. */
export function unfinished(message: string): ReconcileError {
  return new ReconcileError('ReconciliationFailed', 'HandOverUnfinished', message, {
    retryable: true,
  })
}

export function idOf(cluster: string, object: KubeObject): ObjectId {
  const { kind, namespace, name } = refOf(object)
  return { cluster, kind, namespace, name }
}

/** Asks until there is an answer; after the time of a step, tells what is still amiss. */
export async function until<T>(
  { now, wait, timeoutMs }: Pick<HandOver, 'now' | 'wait' | 'timeoutMs'>,
  ask: () => Promise<T | undefined>,
  amiss: () => string,
): Promise<T> {
  const deadline = now().getTime() + timeoutMs
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 2, 1_000)) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (now().getTime() >= deadline) throw unfinished(amiss())
    await wait(pauseMs)
  }
}

const maxAttempts = 10

/** Changes a live object by a look at it; where somebody was faster, looks again. Undefined where it is gone. */
export async function changeLive(
  client: ClusterClient,
  ref: ObjectRef,
  change: (live: KubeObject) => Promise<KubeObject | undefined>,
): Promise<KubeObject | undefined> {
  for (let attempt = 1; ; attempt += 1) {
    const live = await client.find(ref)
    if (live === undefined) return undefined
    try {
      return await change(live)
    } catch (thrown) {
      if (isNotFound(thrown)) return undefined
      if (!isConflict(thrown) || attempt === maxAttempts) throw thrown
    }
  }
}
