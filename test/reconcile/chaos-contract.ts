import { describe, expect, it } from 'vitest'
import { createClusterClient } from '../../lib/cluster/client.ts'
import { labelsOf, textAt } from '../../lib/manifest/object.ts'
import { createChaosProxy } from '../cluster/chaos-proxy.ts'
import type { CrashPlace } from './crash-contract.ts'
import { clusterYaml, createTestWorld, idOf, rootSource, rootUrl, type TestWorld } from './world.ts'

const names = Array.from({ length: 12 }, (_, at) => `c${String(at).padStart(2, '0')}`)
const leaving = ['c03', 'c07', 'c11']
const revision = (digit: string) => `main@sha1:${digit.repeat(40)}`

const filesOf = (namespace: string, kept: readonly string[], data: string) => ({
  'all.yaml': kept
    .map(
      (name) => `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}, namespace: ${namespace} }
data: { key: ${data} }
`,
    )
    .join('---\n'),
})

/** A release and a removal behind a server that hinders in every way: all must come true, and nothing else. */
export function describeChaos(
  title: string,
  createPlace: () => Promise<CrashPlace>,
  seeds: readonly number[],
): void {
  describe(`A42: ${title} behind a network that fails`, () => {
    it.concurrent.each(seeds)(
      'comes to what Git says, and deletes nothing else (seed %i)',
      { timeout: 300_000 },
      async (seed) => {
        const place = await createPlace()
        const proxy = await createChaosProxy(place.transport, { seed, likelihood: 0.2 })
        const world = await createTestWorld({ transport: proxy.transport })
        const { namespace } = place
        const kept = names.filter((name) => !leaving.includes(name))
        world.publish(rootUrl, revision('1'), filesOf(namespace, names, 'a'))
        await world.load(clusterYaml)
        await arrive(world, revision('1'))
        const before = await liveIn(place)
        expect(before.map(({ name }) => name)).toEqual(names)
        expect(proxy.deletions).toEqual([])
        world.publish(rootUrl, revision('2'), filesOf(namespace, kept, 'b'))
        await world.ask(rootSource, 'webhook')
        await arrive(world, revision('2'))
        const after = await liveIn(place)
        expect(after.map(({ name, data }) => [name, data])).toEqual(
          kept.map((name) => [name, { key: 'b' }]),
        )
        // Each is the one that it was: nothing was created twice.
        expect(after.map(({ uid }) => uid)).toEqual(
          before.filter(({ name }) => kept.includes(name)).map(({ uid }) => uid),
        )
        expect([...new Set(proxy.deletions.map((path) => path.split('/').at(-1)))].sort()).toEqual(
          leaving,
        )
        const root = await world.object('Kustomization', 'flux-system')
        expect(root.inventory).toHaveLength(kept.length)
        expect(proxy.impatient).toEqual([])
        expect(proxy.refreshes()).toBeGreaterThan(0)
        expect(proxy.made.size).toBeGreaterThan(3)
        await world.close()
        await proxy.close()
        await place.close()
      },
    )
  })
}

const maxTries = 60

/** Asks again, as the schedule would, until the revision is applied. */
async function arrive(world: TestWorld, wanted: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await world.settle(1_000)
    const root = await world.object('Kustomization', 'flux-system')
    if (root.ready === 'True' && root.revision === wanted) return
    if (attempt === maxTries) throw new Error(`not there: ${root.ready} ${root.message}`)
    await world.ask(idOf('Kustomization', 'flux-system'), 'user')
  }
}

async function liveIn({ transport, namespace }: CrashPlace) {
  const client = createClusterClient(transport)
  const found = await client.list({ group: '', version: 'v1', kind: 'ConfigMap' }, { namespace })
  return found
    .filter((object) => labelsOf(object)['kustomize.toolkit.fluxcd.io/name'] !== undefined)
    .map(({ metadata, data }) => ({ name: metadata.name, uid: textAt(metadata, 'uid'), data }))
}
