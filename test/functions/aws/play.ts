import { expect } from 'vitest'
import type { AwsAction } from '../../aws/aws-action.ts'
import type { Fault } from '../../aws/aws-proxy.ts'
import type { EventSource } from '../../aws/event-source.ts'
import { githubPush } from '../../aws/faces.ts'
import { createScene, type Scene } from '../../aws/scene.ts'
import { type WatchedText, watchText } from '../../aws/watch-text.ts'
import { startWorld, type World } from '../../aws/world.ts'
import { sharedControlPlane } from '../../peers/shared-control-plane.ts'

/** A world with its scene, and the words that tests of deliveries are written in. */
export type Play = {
  readonly world: World
  readonly scene: Scene
  readonly watched: WatchedText
  /** What stands in the cluster now. */
  readonly text: () => Promise<string | undefined>
  /** Until it stands there. Also the watch has seen it then, which may lag behind a read. */
  readonly arrives: (wanted: string) => Promise<void>
  /** GitHub's webhook, which must be taken. */
  readonly tell: (after: string, delivery?: string) => Promise<void>
  /** What a worker was given that never answered is given to another one after that time. */
  readonly comeBack: () => void
  readonly mark: () => number
  /** What was written to the cluster since a mark, beginning with what stood there. */
  readonly since: (from: number) => readonly string[]
  /** Does something at so many-th call of the worker, before it is answered. */
  readonly atCall: (count: number, act: () => Fault | undefined) => void
  readonly source: (queue: 'RequestQueue' | 'RequestDelayQueue') => EventSource
  readonly stop: () => Promise<void>
}

export async function startPlay(): Promise<Play> {
  const controlPlane = await sharedControlPlane()
  const world = await startWorld()
  const scene = await createScene(world, controlPlane)
  const path = `/api/v1/namespaces/${scene.namespace}/configmaps/app`
  const watched = await watchText(controlPlane, path, 'text')
  const text = async (): Promise<string | undefined> => (await scene.configMap('app'))?.text
  const arrives = (wanted: string): Promise<void> =>
    world.until(`${wanted} is there`, async () => {
      if ((await text()) !== wanted) return false
      await waitFor(() => watched.texts().at(-1) === wanted)
      return true
    })
  await arrives('first')
  return {
    world,
    scene,
    watched,
    text,
    arrives,
    tell: async (after, delivery) => {
      const given = delivery === undefined ? {} : { delivery }
      const { status } = await githubPush(world, { repository: scene.repository, after, ...given })
      expect(status).toBe(202)
    },
    comeBack: () => world.advance(5401 * 1000),
    mark: () => watched.texts().length,
    since: (from) => watched.texts().slice(from - 1),
    atCall: (count, act) => {
      let seen = 0
      world.faultOf((action) => {
        if (!isWorker(action)) return undefined
        seen += 1
        return seen === count ? act() : undefined
      })
    },
    source: (queue) => {
      const sources = world.stack.eventSources.get('reconcile') ?? []
      const found = sources.find(({ queueArn }) => queueArn.includes(queue))
      if (found === undefined) throw new Error(`no event source of ${queue}`)
      return found
    },
    stop: async () => {
      watched.stop()
      await world.stop()
    },
  }
}

export function isFunction({ by }: AwsAction): boolean {
  return by.startsWith('AKIDOF')
}

export function isWorker({ by }: AwsAction): boolean {
  return by === 'AKIDOFRECONCILE'
}

export async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5))
}
