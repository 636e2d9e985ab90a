import { describe, expect, it } from 'vitest'
import type { ClusterRequest, ClusterResponse, Transport } from '../../lib/cluster/transport.ts'
import { isJsonObject, labelsOf } from '../../lib/manifest/object.ts'
import {
  clusterYaml,
  createTestWorld,
  idOf,
  kustomizationYaml,
  rootSource,
  rootUrl,
} from './world.ts'

/** A cluster with a namespace that nobody else uses, for one life. */
export type CrashPlace = {
  readonly transport: Transport
  readonly namespace: string
  readonly close: () => Promise<void>
}

/** The request to the cluster that is never sent, or whose answer is never read. */
type Death = { readonly at: number; readonly isSent: boolean }

export type CrashOptions = { readonly step?: number; readonly timeLimitMs?: number }

/**
 * A day with a change, a new object, one that must be recreated, one that leaves, and a Kustomization that leaves with
 * what it owns, lived again and again and killed one request later each time. `step` above 1 leaves some out.
 */
export function describeCrash(
  title: string,
  createPlace: () => Promise<CrashPlace>,
  { step = 1, timeLimitMs = 120_000 }: CrashOptions = {},
): void {
  describe.each([
    { what: 'is never sent', isSent: false },
    { what: 'is never answered', isSent: true },
  ])(`${title}: a worker killed where a request $what`, ({ isSent }) => {
    it('A39: loses nothing, leaves no orphan, and writes nothing old', {
      timeout: timeLimitMs,
    }, async () => {
      let deaths = 0
      for (let at = isSent ? 1 : 1 + Math.floor(step / 2); ; at += step) {
        const place = await createPlace()
        const { isOver, state } = await liveWithDeath(place, { at, isSent })
        expect({ at, state }).toEqual({ at, state: wantedIn(place.namespace) })
        await place.close()
        if (isOver) break
        deaths += 1
      }
      expect(deaths).toBeGreaterThan(Math.floor(15 / step))
    })
  })
}

const configMap = (namespace: string, name: string, data: string, more = '') =>
  `apiVersion: v1
kind: ConfigMap
metadata: { name: ${name}, namespace: ${namespace}${more} }
data: { key: ${data} }
`

const frozen = (namespace: string, data: string) =>
  `${configMap(namespace, 'frozen', data, ", annotations: { kustomize.toolkit.fluxcd.io/force: 'Enabled' }")}immutable: true
`

const firstIn = (namespace: string) => ({
  'kustomization.yaml': 'resources: [one.yaml, gone.yaml, frozen.yaml, apps.yaml]\n',
  'one.yaml': configMap(namespace, 'one', 'a'),
  'gone.yaml': configMap(namespace, 'gone', 'a'),
  'frozen.yaml': frozen(namespace, 'a'),
  'apps.yaml': kustomizationYaml('apps'),
  'apps/two.yaml': configMap(namespace, 'two', 'a'),
})

const secondIn = (namespace: string) => ({
  'kustomization.yaml': 'resources: [one.yaml, three.yaml, frozen.yaml, late.yaml]\n',
  'one.yaml': configMap(namespace, 'one', 'b'),
  'three.yaml': configMap(namespace, 'three', 'b'),
  'frozen.yaml': frozen(namespace, 'b'),
  'late.yaml': kustomizationYaml('late'),
  'late/four.yaml': configMap(namespace, 'four', 'b'),
})

const revision = (digit: string) => `main@sha1:${digit.repeat(40)}`

const wantedIn = (namespace: string) => ({
  objects: ['four', 'frozen', 'one', 'three'].map((name) => [name, { key: 'b' }]),
  inventory: [
    'flux-system_late_kustomize.toolkit.fluxcd.io_Kustomization',
    ...['frozen', 'one', 'three'].map((name) => `${namespace}_${name}__ConfigMap`),
  ].sort(),
  ready: 'True',
  revision: revision('2'),
  apps: undefined,
  dead: 0,
  oldWrites: [],
})

async function liveWithDeath({ transport, namespace }: CrashPlace, death: Death) {
  const mortal = createMortal(transport, death)
  const world = await createTestWorld({
    transport: mortal.transport,
    beforeEach: mortal.beforeEach,
  })
  world.publish(rootUrl, revision('1'), firstIn(namespace))
  await world.load(clusterYaml)
  await world.settle()
  world.publish(rootUrl, revision('2'), secondIn(namespace))
  await world.ask(rootSource, 'webhook')
  mortal.begin()
  await world.settle().catch(() => undefined)
  const isOver = mortal.count() < death.at
  await mortal.revive()
  // The next process, well before the interval of anything comes: what was killed is made up for, not waited for.
  await world.settle(300_000)
  const client = await world.connect()
  const kind = { group: '', version: 'v1', kind: 'ConfigMap' }
  const live = await client.list(kind, { namespace })
  const owned = live.filter(
    (object) => labelsOf(object)['kustomize.toolkit.fluxcd.io/name'] !== undefined,
  )
  const root = await world.object('Kustomization', 'flux-system')
  const state = {
    objects: owned.map(({ metadata, data }) => [metadata.name, data]),
    inventory: root.inventory.map(({ id }) => id).sort(),
    ready: root.ready,
    revision: root.revision,
    apps: await world.operations.object(idOf('Kustomization', 'apps')),
    dead: world.requests.deadLetters().length,
    oldWrites: mortal.oldWrites,
  }
  await world.close()
  return { isOver, state }
}

/** Everything a process does, until it dies; what it had in hand then comes to an end without effect on the next one. */
function createMortal(inner: Transport, { at, isSent }: Death) {
  let count = Number.NEGATIVE_INFINITY
  let isDead = false
  let isAfresh = false
  let underWay = 0
  const oldWrites: string[] = []
  const die = (): never => {
    isDead = true
    throw new Error('killed')
  }
  const send = async (request: ClusterRequest): Promise<ClusterResponse> => {
    underWay += 1
    try {
      return await inner(request)
    } finally {
      underWay -= 1
    }
  }
  return {
    oldWrites,
    begin: () => {
      isAfresh = true
      count = 0
    },
    count: () => count,
    beforeEach: () => {
      if (isDead) die()
    },
    transport: async (request: ClusterRequest): Promise<ClusterResponse> => {
      count += 1
      const own = count
      if (isAfresh && isOldWrite(request)) oldWrites.push(`${own} ${request.path}`)
      if (own === at && !isSent) die()
      const response = await send(request)
      if (isDead || own === at) die()
      return response
    },
    revive: async () => {
      while (underWay > 0) await new Promise((resolve) => setTimeout(resolve, 1))
      // Whoever was between two requests finds the process dead at the next one.
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      isDead = false
      count = Number.NEGATIVE_INFINITY
    },
  }
}

/** A write, not a dry run, that brings what the first revision said. */
function isOldWrite({ method, query, body }: ClusterRequest): boolean {
  const isWrite = method !== 'GET' && method !== 'DELETE' && query?.dryRun === undefined
  if (!isWrite || !isJsonObject(body) || !isJsonObject(body.data)) return false
  return body.data.key === 'a'
}
