import { afterEach, describe, expect, it } from 'vitest'
import type { Consume } from '../../lib/queue/queue.ts'
import { createWorker } from '../../lib/reconcile/worker.ts'
import { clusterYaml, createTestWorld, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const names = Array.from({ length: 12 }, (_, index) => `settings-${index}`)
const files = {
  'kustomization.yaml': `resources: [${names.map((name) => `${name}.yaml`).join(', ')}]`,
  ...Object.fromEntries(
    names.map((name) => [
      `${name}.yaml`,
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\ndata: { a: b }\n`,
    ]),
  ),
}

/** A world where the Kustomization's steps end after so many requests to cluster and store, and a consumer that counts them. */
async function openWorld(requestsOf: (step: number) => number) {
  let left = Number.POSITIVE_INFINITY
  let end = new AbortController()
  world = await createTestWorld({
    beforeEach: () => {
      left -= 1
      if (left <= 0) end.abort()
    },
  })
  world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, files)
  await world.load(clusterYaml)
  const work = createWorker(world.ports)
  const steps: string[] = []
  const consume: Consume = async (delivery) => {
    end = new AbortController()
    if (delivery.group === kustomization) {
      steps.push(delivery.group)
      left = requestsOf(steps.length)
    }
    await work({ ...delivery, timeIsUp: end.signal })
    left = Number.POSITIVE_INFINITY
  }
  return { consume, steps }
}

const kustomization = 'test/Kustomization/flux-system/flux-system'

describe('work that is longer than a step', () => {
  it('goes on in the next step, as the same wish, until all is done and nothing failed', async () => {
    const { consume, steps } = await openWorld((step) => 8 * step)
    await world.requests.drain(consume)
    expect(steps.length).toBeGreaterThanOrEqual(2)
    const { ready, status } = await world.object('Kustomization', 'flux-system')
    expect(ready).toBe('True')
    expect(status.inventory).toHaveLength(names.length)
    const client = await world.connect()
    const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default' }
    for (const name of names) expect(await client.find({ ...ref, name })).toBeDefined()
    const events = await world.events('Kustomization', 'flux-system')
    expect(events.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(world.requests.deadLetters()).toEqual([])
  })

  it('is told as a failure where no number of steps brings it to an end', async () => {
    const { consume, steps } = await openWorld(() => 12)
    await world.requests.drain(async (delivery) => {
      if (steps.length > 100) throw new Error('it goes on for ever')
      await consume(delivery)
    })
    // Each wish has so many: that of the fleet, and that of the source.
    expect(steps.length % 21).toBe(0)
    const { message } = await world.object('Kustomization', 'flux-system')
    expect(message).toContain('did not come to an end in 21 steps')
  })
})
