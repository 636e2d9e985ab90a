import fc from 'fast-check'
import { expect, it } from 'vitest'
import { formatFault, loadFleet } from '../../lib/fleet/load.ts'
import { createMemoryQueue } from '../../lib/queue/memory.ts'
import { createRegistry } from '../../lib/reconcile/registry.ts'
import { syncFleet } from '../../lib/reconcile/sync-fleet.ts'
import type { FleetBucket } from '../../lib/runtime/fleet-bucket.ts'
import { createFleetIntake } from '../../lib/runtime/fleet-intake.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'
import type { Store } from '../../lib/store/store.ts'

/** One fleet: for each name where it stands, if at all, and what it says. */
type Version = readonly Placed[]
type Placed = { readonly file: number; readonly text: string }

const names = ['one', 'two', 'three']
const clusters = fc.record({
  file: fc.nat(3),
  hasSync: fc.boolean(),
  path: fc.constantFrom('a', 'b'),
})
const sources = fc.record({
  file: fc.nat(3),
  cluster: fc.constantFrom('', ...names),
  url: fc.constantFrom('x', 'y'),
  isFaulty: fc.integer({ min: 0, max: 15 }).map((at) => at === 0),
})
const version: fc.Arbitrary<Version> = fc
  .tuple(
    fc.tuple(...names.map(() => fc.option(clusters))),
    fc.array(fc.option(sources), { minLength: 8, maxLength: 8 }),
  )
  .map(([ofClusters, ofSources]) => [
    ...ofClusters.flatMap((each, at) =>
      each === null ? [] : [{ file: each.file, text: clusterText(names[at] ?? '', each) }],
    ),
    ...ofSources.flatMap((each, at) =>
      each === null ? [] : [{ file: each.file, text: sourceText(at, each) }],
    ),
  ])

function clusterText(name: string, { hasSync, path }: { hasSync: boolean; path: string }): string {
  const source = `{ kind: GitRepository, url: 'https://git.example/fleet', ref: { branch: main } }`
  const sync = hasSync ? `, sync: { source: ${source}, path: ./${path} }` : ''
  return `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: ${name} }
spec: { connection: { sandbox: {} }${sync} }
`
}

/** The first is the root's own; of those that follow, each name is its own. */
function sourceText(
  at: number,
  { cluster, url, isFaulty }: { cluster: string; url: string; isFaulty: boolean },
): string {
  const name = at === 0 ? 'flux-system' : `s${at}`
  const on = cluster === '' ? '' : `, annotations: { fleet.driftless.dev/cluster: ${cluster} }`
  return `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: ${name}, namespace: flux-system${on} }
spec: { interval: ${isFaulty ? '[' : '1m'}, url: 'https://git.example/${url}' }
`
}

const now = () => new Date('2026-11-23T10:00:00Z')
const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function portsOf(store: Store) {
  const { queue } = createMemoryQueue({ now: () => now().getTime() })
  const ports = { store, now, uniqueId: () => 'id', requests: queue, log }
  return { ...ports, registry: createRegistry(ports) }
}

/** Spec, origin and whether it is to go, of everything registered, and the clusters. */
async function stateOf(store: Store): Promise<readonly string[]> {
  const keys = [...(await store.list('objects/')), ...(await store.list('clusters/'))]
  return Promise.all(
    keys.map(async (key) => {
      const text = new TextDecoder().decode((await store.get(key))?.body)
      const { object, origin, deletionRequestedAt } = JSON.parse(text)
      return JSON.stringify([key, object.spec, origin, deletionRequestedAt !== undefined])
    }),
  )
}

function filesOf(fleet: Version): ReadonlyMap<string, string> {
  const groups = Map.groupBy(fleet, ({ file }) => `${file}.yaml`)
  const texts = [...groups].map(
    ([file, placed]) => [file, placed.map(({ text }) => text).join('---\n')] as const,
  )
  return new Map(texts.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Steps that have time for so much, one after the other. */
async function takeIn(
  store: Store,
  files: ReadonlyMap<string, string>,
  budgets: readonly number[],
): Promise<void> {
  const bucketStore = createMemoryStore()
  for (const [key, text] of files) await bucketStore.put(key, text)
  const bucket: FleetBucket = {
    ...bucketStore,
    // The text says whether a file is the same: each run puts it into a new bucket.
    get: async (key) => {
      const found = await bucketStore.get(key)
      return found === undefined ? undefined : { ...found, etag: files.get(key) ?? '' }
    },
    entries: async () =>
      [...files].map(([key, text]) => ({ key, etag: text, sizeBytes: text.length })),
  }
  const loader = async () => ({ loadFleet, formatFault })
  for (const budget of budgets) {
    let left = budget
    const container = createFleetIntake({ ...portsOf(store), loader }, bucket)
    await container(() => {
      left -= 1
      return left >= 0
    })
  }
}

it('in steps of any size, over any changes, registers what a whole load would', async () => {
  const change = fc.tuple(version, fc.array(fc.nat(12), { maxLength: 4 }))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const [stepwise, whole] = [createMemoryStore(), createMemoryStore()]
      for (const [fleet, budgets] of changes) {
        const files = filesOf(fleet)
        if (files.size === 0) continue
        await takeIn(stepwise, files, [...budgets, Number.POSITIVE_INFINITY])
        const texts = [...files].map(([file, text]) => ({ file, text }))
        await syncFleet(portsOf(whole), loadFleet(texts))
        expect(await stateOf(stepwise)).toEqual(await stateOf(whole))
      }
    }),
    { numRuns: 40, seed: 1 },
  )
})

/** The process ends at its write after so many. */
function mortal(store: Store, writes: number): Store {
  let left = writes
  const put: Store['put'] = async (...args) => {
    left -= 1
    if (left < 0) throw new Error('killed')
    return store.put(...args)
  }
  return { ...store, put }
}

it('holds what is declared now, over pushes that came while others were taken in or killed', async () => {
  const change = fc.tuple(version, fc.array(fc.nat(12), { maxLength: 3 }), fc.nat(60))
  const pushes = fc.array(change, { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(pushes, version, async (changes, last) => {
      const [stepwise, fresh] = [createMemoryStore(), createMemoryStore()]
      const texts = [...filesOf(last)].map(([file, text]) => ({ file, text }))
      const fleet = loadFleet(texts)
      fc.pre(texts.length > 0 && fleet.faults.length === 0)
      for (const [pushed, budgets, writes] of changes) {
        const files = filesOf(pushed)
        if (files.size === 0) continue
        await takeIn(mortal(stepwise, writes), files, budgets).catch(() => undefined)
      }
      await takeIn(stepwise, filesOf(last), [3, Number.POSITIVE_INFINITY])
      await syncFleet(portsOf(fresh), fleet)
      const live = (await stateOf(stepwise)).filter((state) => state.endsWith(',false]'))
      expect(live).toEqual(await stateOf(fresh))
    }),
    { numRuns: 40, seed: 1 },
  )
})
