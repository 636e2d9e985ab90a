import { describe, expect, it } from 'vitest'
import { labelsOf } from '../../lib/manifest/object.ts'
import {
  clusterYaml,
  createTestWorld,
  idOf,
  kustomizationYaml,
  rootSource,
  rootUrl,
} from './world.ts'

const configMap = (name: string, data: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\ndata: { key: ${data} }\n`

const revision = (digit: string) => `main@sha1:${digit.repeat(40)}`
const first = {
  'kustomization.yaml': 'resources: [one.yaml, apps.yaml]\n',
  'one.yaml': configMap('one', 'a'),
  'apps.yaml': kustomizationYaml('apps'),
  'apps/two.yaml': configMap('two', 'a'),
}
const second = {
  'kustomization.yaml': 'resources: [one.yaml, three.yaml, late.yaml]\n',
  'late.yaml': kustomizationYaml('late'),
  'late/four.yaml': configMap('four', 'b'),
  'one.yaml': configMap('one', 'b'),
  'three.yaml': configMap('three', 'b'),
}

/** A day with a change, a new object, one that leaves and a Kustomization that leaves, killed before the given access. */
async function liveWithDeathAt(
  access: number,
): Promise<{ readonly isOver: boolean; readonly state: unknown }> {
  let count = Number.NEGATIVE_INFINITY
  const world = await createTestWorld({
    beforeEach: () => {
      count += 1
      if (count >= access) throw new Error('killed')
    },
  })
  world.publish(rootUrl, revision('1'), first)
  await world.load(clusterYaml)
  await world.settle()
  world.publish(rootUrl, revision('2'), second)
  await world.ask(rootSource, 'webhook')
  count = 0
  await world.settle().catch(() => undefined)
  const isOver = count < access
  count = Number.NEGATIVE_INFINITY
  // The next process: the queue brings back what was in hand, and the schedule goes on.
  // Well before the interval of anything comes: what was killed is made up for, not waited for.
  await world.settle(300_000)
  const state = await stateOf(world)
  await world.close()
  return { isOver, state }
}

async function stateOf(world: Awaited<ReturnType<typeof createTestWorld>>) {
  const client = await world.connect()
  const configMaps = await client.list(
    { group: '', version: 'v1', kind: 'ConfigMap' },
    { namespace: 'default' },
  )
  const owned = configMaps.filter(
    (object) => labelsOf(object)['kustomize.toolkit.fluxcd.io/name'] !== undefined,
  )
  const root = await world.object('Kustomization', 'flux-system')
  return {
    objects: owned.map(({ metadata, data }) => [metadata.name, data]),
    inventory: root.inventory.map(({ id }) => id),
    ready: root.ready,
    revision: root.revision,
    apps: await world.operations.object(idOf('Kustomization', 'apps')),
    dead: world.requests.deadLetters().length,
  }
}

const wanted = {
  objects: [
    ['four', { key: 'b' }],
    ['one', { key: 'b' }],
    ['three', { key: 'b' }],
  ],
  inventory: [
    'default_one__ConfigMap',
    'default_three__ConfigMap',
    'flux-system_late_kustomize.toolkit.fluxcd.io_Kustomization',
  ],
  ready: 'True',
  revision: revision('2'),
  apps: undefined,
  dead: 0,
}

describe('a worker killed at any access to the store or the cluster', () => {
  it('leaves nothing lost, orphaned or half done', { timeout: 60_000 }, async () => {
    let deaths = 0
    for (let access = 1; ; access += 1) {
      const { isOver, state } = await liveWithDeathAt(access)
      expect({ access, state }).toEqual({ access, state: wanted })
      if (isOver) break
      deaths += 1
    }
    expect(deaths).toBeGreaterThan(50)
  })
})
