import { describe, expect, it } from 'vitest'
import { createClusterClient } from '../../../lib/cluster/client.ts'
import type { ClusterRequest, Transport } from '../../../lib/cluster/transport.ts'
import { type KubeObject, refOf } from '../../../lib/manifest/object.ts'
import { printDocuments } from '../../../lib/manifest/print.ts'
import { adoptCluster } from '../../../lib/reconcile/handover/adopt.ts'
import { planAdoption } from '../../../lib/reconcile/handover/adoption-plan.ts'
import { readFluxObjects, servedFluxKinds } from '../../../lib/reconcile/handover/flux-objects.ts'
import { releaseCluster } from '../../../lib/reconcile/handover/release.ts'
import { planRelease } from '../../../lib/reconcile/handover/release-plan.ts'
import type { HandOver } from '../../../lib/reconcile/handover/steps.ts'
import {
  createSandboxCluster,
  type SandboxCluster,
} from '../../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { clusterYaml, createTestWorld, idOf, rootUrl, type TestWorld } from '../world.ts'
import {
  type FluxCluster,
  fillWithFlux,
  fluxKustomization,
  fluxSource,
  objects,
} from './flux-cluster.ts'

const files = {
  'apps.yaml': printDocuments([withoutFinalizers(fluxKustomization('apps', './apps'))]),
  'kustomization.yaml': 'resources: [apps.yaml]\n',
  'apps/all.yaml': printDocuments(objects),
}
const revision = (digit: string) => `main@sha1:${digit.repeat(40)}`

type Place = {
  readonly sandbox: SandboxCluster
  readonly world: TestWorld
  readonly flux: FluxCluster
  /** Every deletion that reached the cluster. */
  readonly deletions: readonly string[]
  readonly handOver: (death: Death) => Session
}

/** One process: `count` tells how many requests it sent. */
type Session = {
  readonly value: HandOver
  readonly transport: Transport
  readonly count: () => number
}

/** The request that is never sent, or whose answer is never read. */
type Death = { readonly at: number; readonly isSent: boolean }

const never: Death = { at: Number.POSITIVE_INFINITY, isSent: false }

/** A cluster of Flux's, and a Driftless whose fleet holds it. */
async function createPlace(): Promise<Place> {
  const sandbox = createSandboxCluster({ settleMs: 0 })
  const deletions: string[] = []
  const transport: Transport = (request) => {
    if (request.method === 'DELETE') deletions.push(request.path.split('/').slice(-2).join('/'))
    return sandbox.transport(request)
  }
  const world = await createTestWorld({ transport })
  const flux = await fillWithFlux(sandbox.transport, world.ports.now)
  world.publish(rootUrl, revision('1'), files)
  await world.load(clusterYaml)
  await world.settle()
  const handOver: Place['handOver'] = (death) => {
    let count = 0
    const dying = async (request: ClusterRequest) => {
      count += 1
      if (count === death.at && death.isSent) await transport(request)
      if (count >= death.at) throw new Error('killed')
      return transport(request)
    }
    const value: HandOver = {
      cluster: 'test',
      client: createClusterClient(dying, { now: world.ports.now }),
      operations: world.operations,
      now: world.ports.now,
      wait: async (ms) => {
        await flux.answer()
        await world.settle(ms)
      },
      timeoutMs: 60_000,
      isFluxGone: false,
      tell: () => {},
    }
    return { value, transport: dying, count: () => count }
  }
  return { sandbox, world, flux, deletions, handOver }
}

async function adopt({ world, handOver }: Place, death = never): Promise<boolean> {
  const { value, count } = handOver(death)
  const registered = await world.operations.objects({ cluster: 'test' })
  const run = async () => {
    const plan = planAdoption({
      cluster: 'test',
      found: await readFluxObjects(value.client),
      declared: [fluxSource(), fluxKustomization('flux-system', './')],
      registered: new Set(registered.map(({ kind, name }) => `${kind}/flux-system/${name}`)),
      leavesUnsupported: false,
    })
    expect(plan).toMatchObject({ faults: [], missing: [] })
    await adoptCluster(value, plan)
  }
  await run().catch((thrown: unknown) => expect(String(thrown)).toContain('killed'))
  return count() < death.at
}

async function release({ world, handOver }: Place, death = never): Promise<boolean> {
  const { value, transport, count } = handOver(death)
  const run = async () => {
    const listed = await world.operations.objects({ cluster: 'test' })
    const details = await Promise.all(listed.map((id) => world.operations.object(id)))
    const plan = planRelease({
      cluster: 'test',
      registered: details.flatMap((detail) => detail ?? []),
      declared: [fluxSource(), fluxKustomization('flux-system', './')],
      found: await readFluxObjects(value.client),
      served: await servedFluxKinds(value.client),
    })
    expect(plan.faults).toEqual([])
    const inFluxName = createClusterClient(transport, { fieldManager: 'kustomize-controller' })
    await releaseCluster(value, plan, inFluxName)
  }
  await run().catch((thrown: unknown) => expect(String(thrown)).toContain('killed'))
  return count() < death.at
}

/** Uid, content and applier of what Flux once brought. */
async function footprint({ flux }: Place): Promise<unknown> {
  const live = await Promise.all(objects.map((object) => flux.client.get(refOf(object))))
  return live.map(({ metadata: { uid, labels }, data }) => ({ uid, labels, data }))
}

async function appliers({ flux }: Place): Promise<unknown> {
  const live = await Promise.all(objects.map((object) => flux.client.get(refOf(object))))
  return live.map(({ metadata: { managedFields } }) =>
    Array.isArray(managedFields)
      ? managedFields.map((entry) => (typeof entry === 'object' ? Object(entry).manager : ''))
      : [],
  )
}

async function inventory({ world }: Place): Promise<readonly string[] | undefined> {
  const apps = await world.operations.object(idOf('Kustomization', 'apps'))
  return apps?.status.inventory?.map(({ id }) => id)
}

const owned = ['default_one__ConfigMap', 'default_two__ConfigMap']

/** CI dies at every third request; `DRIFTLESS_LONG=1` at each of them. */
const step = process.env.DRIFTLESS_LONG === undefined ? 3 : 1

/** Tries a scene again and again, killed later each time; at which request at last. */
async function atEveryRequest(
  isSent: boolean,
  tryOnce: (place: Place, death: Death) => Promise<boolean>,
): Promise<number> {
  for (let at = isSent ? 1 : 2; ; at += step) {
    const place = await createPlace()
    const isOver = await tryOnce(place, { at, isSent })
    await place.world.close()
    await place.sandbox.close()
    if (isOver) return at
  }
}

describe.each([
  { before: 'is sent', isSent: false },
  { before: 'is answered', isSent: true },
])('a hand-over killed before any request $before', ({ isSent }) => {
  it('is carried through from Flux by the next try', { timeout: 120_000 }, async () => {
    const deaths = await atEveryRequest(isSent, async (place, death) => {
      const before = await footprint(place)
      const isOver = await adopt(place, death)
      await place.world.settle(5_000)
      expect({ death, is: await footprint(place) }).toEqual({ death, is: before })
      await adopt(place)
      expect({ death, is: await footprint(place) }).toEqual({ death, is: before })
      expect(await appliers(place)).toEqual([['driftless'], ['driftless']])
      expect(await inventory(place)).toEqual(owned)
      expect(await readFluxObjects(place.flux.client)).toEqual([])
      const removed = ['kustomizations/apps', 'kustomizations/flux-system']
      expect([...new Set(place.deletions)].sort()).toEqual([
        'gitrepositories/flux-system',
        ...removed,
      ])
      return isOver
    })
    expect(deaths).toBeGreaterThan(20)
  })

  it('is carried through to Flux by the next try', { timeout: 120_000 }, async () => {
    const deaths = await atEveryRequest(isSent, async (place, death) => {
      const before = await footprint(place)
      await adopt(place)
      const { length } = place.deletions
      const isOver = await release(place, death)
      await place.world.settle(5_000)
      await release(place)
      expect({ death, is: await footprint(place) }).toEqual({ death, is: before })
      expect(await appliers(place)).toEqual([['kustomize-controller'], ['kustomize-controller']])
      expect(await inventory(place)).toBeUndefined()
      const apps = await place.flux.kustomization('apps')
      expect(apps?.spec).toEqual(fluxKustomization('apps', './apps').spec)
      expect(apps?.status).toMatchObject({
        inventory: { entries: owned.map((id) => ({ id, v: 'v1' })) },
      })
      expect(place.deletions.slice(length)).toEqual([])
      return isOver
    })
    expect(deaths).toBeGreaterThan(20)
  })
})

describe('after a hand-over', () => {
  it('what leaves Git is pruned by Driftless, and after the way back no more', async () => {
    const place = await createPlace()
    await adopt(place)
    const { world } = place
    world.publish(rootUrl, revision('2'), {
      ...files,
      'apps/all.yaml': printDocuments(objects.slice(0, 1)),
    })
    await world.ask(idOf('GitRepository', 'flux-system'), 'webhook')
    await world.settle(2_000)
    expect(place.deletions).toContain('configmaps/two')
    await release(place)
    world.publish(rootUrl, revision('3'), { 'kustomization.yaml': 'resources: []\n' })
    await world.ask(idOf('GitRepository', 'flux-system'), 'webhook')
    await world.settle(700_000)
    await world.load(clusterYaml.slice(0, clusterYaml.indexOf('  sync:')))
    await world.settle(5_000)
    expect(await place.flux.client.find(refOf(objects[0] ?? fluxSource()))).toBeDefined()
    await world.close()
    await place.sandbox.close()
  })

  it('Flux keeps all it has where the command reaches another cluster than Driftless', async () => {
    const [here, there] = [await createPlace(), await createPlace()]
    const { operations } = there.world
    await adopt(there)
    const { value } = here.handOver(never)
    const plan = planAdoption({
      cluster: 'test',
      found: await readFluxObjects(value.client),
      declared: [fluxSource(), fluxKustomization('flux-system', './')],
      registered: new Set(),
      leavesUnsupported: false,
    })
    const wait = async (ms: number): Promise<void> => {
      await here.flux.answer()
      await there.world.settle(ms)
    }
    const crossed = { ...value, operations, wait, now: there.world.ports.now }
    await expect(adoptCluster(crossed, plan)).rejects.toThrow('does this command reach the same')
    expect(here.deletions).toEqual([])
    for (const place of [here, there]) {
      await place.world.close()
      await place.sandbox.close()
    }
  })

  it('Driftless keeps away from what Flux has again', async () => {
    const place = await createPlace()
    await adopt(place)
    await release(place)
    const { world } = place
    await world.operations.resume(idOf('Kustomization', 'apps'))
    await world.settle()
    const apps = await world.object('Kustomization', 'apps')
    expect(apps.message).toContain('two reconcilers must never fight')
    expect(await appliers(place)).toEqual([['kustomize-controller'], ['kustomize-controller']])
    await world.close()
    await place.sandbox.close()
  })
})

function withoutFinalizers(object: KubeObject): KubeObject {
  const { finalizers: _, ...metadata } = object.metadata
  return { ...object, metadata: { ...metadata, name: object.metadata.name } }
}
