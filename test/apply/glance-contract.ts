import { beforeEach, describe, expect, it } from 'vitest'
import type { ApplyOptions, ApplyResult } from '../../lib/apply/options.ts'
import type { Traces } from '../../lib/apply/trace.ts'
import type { ClusterRequest, ClusterResponse, Transport } from '../../lib/cluster/transport.ts'
import { isJsonObject, type JsonObject, type KubeObject } from '../../lib/manifest/object.ts'
import { secret } from './apply-contract.ts'
import { createScene, type Scene } from './scene.ts'

/** What a second apply of the same objects costs, and what it must never miss, whichever API server it talks to. */
export function describeGlance(title: string, createFirst: () => Promise<Scene>): void {
  describe(title, () => {
    let scene: Scene

    beforeEach(async () => {
      scene = await createFirst()
    })

    /** Applies with what the last apply left; what that cost, besides. */
    const again = async (
      objects: readonly KubeObject[],
      traces: Traces,
      options: Partial<ApplyOptions> = {},
    ) => {
      const before = scene.client.counts()
      const result = await scene.apply(objects, { traces, ...options })
      const after = scene.client.counts()
      const cost = {
        reads: after.reads - before.reads,
        dryRuns: after.dryRuns - before.dryRuns,
        writes: after.writes - before.writes,
      }
      return { ...result, cost, lines: linesOf(result) }
    }

    const refOfMap = (name: string) => ({
      group: '',
      version: 'v1',
      kind: 'ConfigMap',
      name,
      namespace: scene.namespace,
    })

    it('reads a list for each kind, and nothing else, where nothing changed', async () => {
      const objects = many(scene, 12)
      const { traces } = await scene.apply(objects)
      const { cost, lines } = await again(objects, traces)
      expect(lines.every((line) => line.endsWith(' unchanged'))).toBe(true)
      expect(lines).toHaveLength(12)
      expect(cost).toEqual({ reads: 3, dryRuns: 0, writes: 0 })
    })

    it('costs as much for twice the objects, as long as they fit a page', async () => {
      const { traces } = await scene.apply(many(scene, 60))
      const all = await again(many(scene, 60), traces)
      const half = await again(many(scene, 30), traces)
      expect(all.cost).toEqual(half.cost)
    })

    it('takes a closer look at the one that drifted, and repairs it', async () => {
      const objects = many(scene, 12)
      const { traces } = await scene.apply(objects)
      await scene.client.patch(refOfMap('m0'), { data: { key: 'x' } }, { type: 'merge' })
      const { cost, changes, traces: next } = await again(objects, traces)
      expect(changes.filter(({ action }) => action !== 'unchanged')).toMatchObject([
        {
          ref: { name: 'm0' },
          action: 'configured',
          isDrift: true,
          fields: [{ path: 'data.key', before: 'x', after: '0' }],
        },
      ])
      expect(cost).toEqual({ reads: 4, dryRuns: 1, writes: 1 })
      expect((await again(objects, next)).cost).toEqual({ reads: 3, dryRuns: 0, writes: 0 })
    })

    it('dry-runs what is wanted otherwise now, alone, and calls it no drift', async () => {
      const objects = many(scene, 12)
      const { traces } = await scene.apply(objects)
      const changed = objects.with(0, scene.configMap('m0', { key: 'new' }))
      const { cost, changes } = await again(changed, traces)
      expect(changes.filter(({ action }) => action !== 'unchanged')).toMatchObject([
        { ref: { name: 'm0' }, action: 'configured' },
      ])
      expect(changes.some(({ isDrift }) => isDrift === true)).toBe(false)
      expect(cost).toEqual({ reads: 4, dryRuns: 1, writes: 1 })
    })

    it('finds what was deleted, recreated by another hand, or lost its owner', async () => {
      const objects = many(scene, 12)
      const { traces } = await scene.apply(objects)
      await scene.client.delete(refOfMap('m0'))
      await scene.client.delete(refOfMap('m3'))
      await scene.as('somebody').create(scene.configMap('m3', { key: 'other' }))
      const label = 'kustomize.toolkit.fluxcd.io/name'
      const lost = { metadata: { labels: { [label]: null } } }
      await scene.client.patch(refOfMap('m6'), lost, { type: 'merge' })
      const { lines } = await again(objects, traces)
      expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([
        'ConfigMap/m0 created',
        'ConfigMap/m3 configured',
        'ConfigMap/m6 configured',
      ])
      expect((await scene.live('ConfigMap', 'm6'))?.metadata.labels).toHaveProperty([label])
    })

    it('tells who changed a field, and since when', async () => {
      const objects = [scene.deployment(), scene.configMap('a', { key: '1' })]
      const { traces } = await scene.apply(objects)
      await scene.as('night-shift').apply(scene.configMap('a', { key: '2' }))
      const { changes } = await again(objects, traces)
      const drift = changes.find(({ isDrift }) => isDrift === true)
      expect(drift?.fields).toEqual([
        {
          path: 'data.key',
          before: '2',
          after: '1',
          manager: 'night-shift',
          since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        },
      ])
    })

    it('tells the hand that changed a Secret, and nothing of its values', async () => {
      const { traces } = await scene.apply([secret(scene, 'first-value')])
      await scene.as('night-shift').apply(secretData(scene, 'c2Vjb25k'))
      const { changes } = await again([secret(scene, 'first-value')], traces)
      expect(changes[0]?.fields).toMatchObject([
        { path: 'data.password', before: '*** (before)', after: '*** (after)' },
      ])
      expect(changes[0]?.fields?.[0]?.manager).toBe('night-shift')
      expect(JSON.stringify(changes)).not.toMatch(/c2Vjb25k|first-value|second/)
    })

    it('takes what only its status changed for unchanged, without a dry run', async () => {
      const objects = [scene.deployment()]
      const { traces } = await scene.apply(objects)
      const settled = await again(objects, traces)
      await writeStatus(scene, { observedGeneration: 1, conditions: [condition('one')] })
      const { cost, lines } = await again(objects, settled.traces)
      expect(lines).toEqual(['Deployment/web unchanged'])
      expect(cost).toEqual({ reads: 1, dryRuns: 0, writes: 0 })
    })

    it('sees a change behind a change of status', async () => {
      const objects = [scene.deployment()]
      const { traces } = await scene.apply(objects)
      const ref = { ...refOfMap('web'), group: 'apps', kind: 'Deployment' }
      await scene.client.patch(ref, { spec: { replicas: 7 } }, { type: 'merge' })
      await writeStatus(scene, { observedGeneration: 1, conditions: [condition('two')] })
      expect((await again(objects, traces)).lines).toEqual(['Deployment/web configured'])
    })

    it('reports drift and leaves it where it may not be repaired, until something else is wanted', async () => {
      const objects = [scene.configMap('a', { key: '1' }), scene.configMap('b', { key: '1' })]
      const { traces } = await scene.apply(objects)
      await scene.client.patch(refOfMap('a'), { data: { key: 'x' } }, { type: 'merge' })
      await scene.client.delete(refOfMap('b'))
      const warn = { mayRepair: () => false }
      for (const _ of [1, 2]) {
        const { left, lines, cost } = await again(objects, traces, warn)
        expect(lines).toEqual(['ConfigMap/a unchanged', 'ConfigMap/b unchanged'])
        expect(left).toMatchObject([
          { ref: { name: 'a' }, action: 'configured', isDrift: true },
          { ref: { name: 'b' }, action: 'created', isDrift: true },
        ])
        expect(cost.writes).toBe(0)
      }
      const wanted = [scene.configMap('a', { key: '2' }), scene.configMap('b', { key: '1' })]
      const { lines, left } = await again(wanted, traces, warn)
      expect(lines).toEqual(['ConfigMap/a configured', 'ConfigMap/b unchanged'])
      expect(left).toHaveLength(1)
      const untraced = await again(objects, new Map(), { ...warn, wasApplied: true })
      expect(untraced.lines).toEqual(['ConfigMap/a unchanged', 'ConfigMap/b unchanged'])
    })

    it('dry-runs all of them where a full check is asked for, and still knows drift from news', async () => {
      const objects = many(scene, 12)
      const { traces } = await scene.apply(objects)
      await scene.client.patch(refOfMap('m0'), { data: { key: 'x' } }, { type: 'merge' })
      const { cost, changes } = await again(objects, traces, { isFullCheck: true })
      expect(cost.dryRuns).toBe(12)
      expect(changes.filter(({ isDrift }) => isDrift === true)).toHaveLength(1)
    })

    it('looks over all namespaces at once where a kind lives in many', async () => {
      const namespaces = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => `${scene.namespace}-n${n}`)
      const objects = namespaces.flatMap((name) => [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
        { ...scene.configMap('a', {}), metadata: { name: 'a', namespace: name } },
      ])
      const { traces } = await scene.apply(objects)
      const { cost, lines } = await again(objects, traces)
      expect(lines.filter((line) => !line.endsWith(' unchanged'))).toEqual([])
      expect(cost.reads).toBe(2)
    })

    describe('where the API server answers badly', () => {
      const through = (transport: Transport): Scene =>
        createScene(transport, scene.namespace, { wait: async () => {} })
      const metadataLists = ({ accept, path }: ClusterRequest): boolean =>
        /as=PartialObjectMetadataList/.test(accept ?? '') && path.endsWith('/configmaps')

      it.each<[string, (response: ClusterResponse) => ClusterResponse]>([
        ['an empty list', (response) => ({ ...response, body: listed([]) })],
        ['items without metadata', (response) => ({ ...response, body: listed([{}, {}, {}]) })],
        ['a refusal', (response) => ({ ...response, status: 403, body: forbidden })],
        [
          'that there is no such list',
          (response) => ({ ...response, status: 404, body: notFound }),
        ],
      ])('takes %s for no sign that nothing changed, and deletes nothing', async (_, change) => {
        const objects = many(scene, 12)
        const { traces } = await scene.apply(objects)
        await scene.client.patch(refOfMap('m0'), { data: { key: 'x' } }, { type: 'merge' })
        const sent: string[] = []
        const bad = through(async (request) => {
          sent.push(`${request.method} ${request.query?.dryRun ?? ''}`)
          const response = await scene.transport(request)
          return metadataLists(request) ? change(response) : response
        })
        const result = await bad.apply(objects, { traces })
        expect(linesOf(result).filter((line) => !line.endsWith(' unchanged'))).toEqual([
          'ConfigMap/m0 configured',
        ])
        expect(sent.filter((line) => line === 'PATCH ')).toHaveLength(1)
        expect(sent.some((line) => line.startsWith('DELETE'))).toBe(false)
      })

      it('stops, and says so, at a part of a list that passes for the whole', async () => {
        const objects = many(scene, 12)
        const { traces } = await scene.apply(objects)
        const bad = through(async (request) => {
          const response = await scene.transport(request)
          return metadataLists(request) ? { ...response, body: cutOff(response) } : response
        })
        await expect(bad.apply(objects, { traces })).rejects.toMatchObject({
          code: 'Interrupted',
          retryable: true,
          changes: [],
        })
      })

      /** Lists come two objects a page; a page after the first has expired, `times` times. */
      const expiring = (times: number) => {
        let left = times
        const firstPages: ClusterRequest[] = []
        const bad = through(async (request) => {
          if (!metadataLists(request)) return scene.transport(request)
          if (request.query?.continue === undefined) firstPages.push(request)
          else if (left > 0) {
            left -= 1
            return { status: 410, body: expired, warnings: [] }
          }
          return scene.transport({ ...request, query: { ...request.query, limit: '2' } })
        })
        return { bad, firstPages }
      }

      it('reads a list anew whose pages expire, and misses nothing of it', async () => {
        const objects = many(scene, 15)
        const { traces } = await scene.apply(objects)
        await scene.client.patch(refOfMap('m12'), { data: { key: 'x' } }, { type: 'merge' })
        const { bad, firstPages } = expiring(2)
        const before = bad.client.counts()
        const result = await bad.apply(objects, { traces })
        expect(linesOf(result).filter((line) => !line.endsWith(' unchanged'))).toEqual([
          'ConfigMap/m12 configured',
        ])
        expect(firstPages).toHaveLength(3)
        expect(bad.client.counts().writes - before.writes).toBe(1)
      })

      it('stops where the pages of a list expire again and again, for another time', async () => {
        const objects = many(scene, 15)
        const { traces } = await scene.apply(objects)
        const { bad, firstPages } = expiring(Number.POSITIVE_INFINITY)
        await expect(bad.apply(objects, { traces })).rejects.toMatchObject({
          code: 'Interrupted',
          retryable: true,
          changes: [],
          message: expect.stringContaining('the list of configmaps expired 3 times'),
        })
        expect(firstPages).toHaveLength(3)
        expect(bad.client.counts()).toMatchObject({ dryRuns: 0, writes: 0 })
      })

      it('stops at a server that asks us to come back later, instead of asking it more', async () => {
        const objects = many(scene, 12)
        const { traces } = await scene.apply(objects)
        const busy = through(async (request) =>
          metadataLists(request)
            ? { status: 429, body: null, warnings: [], retryAfterSeconds: 9 }
            : scene.transport(request),
        )
        await expect(busy.apply(objects, { traces })).rejects.toMatchObject({
          code: 'Interrupted',
          changes: [],
        })
      })
    })
  })
}

function linesOf({ changes }: ApplyResult): readonly string[] {
  return changes.map(({ ref, action }) => `${ref.kind}/${ref.name} ${action}`)
}

/** A third each of ConfigMaps, ServiceAccounts and Services. */
function many(scene: Scene, count: number): readonly KubeObject[] {
  const { namespace } = scene
  return Array.from({ length: count }, (_, index): KubeObject => {
    const metadata = { name: `m${index}`, namespace }
    if (index % 3 === 0) return scene.configMap(`m${index}`, { key: `${index}` })
    if (index % 3 === 1) return { apiVersion: 'v1', kind: 'ServiceAccount', metadata }
    const spec = { selector: { app: 'x' }, ports: [{ port: 80 }] }
    return { apiVersion: 'v1', kind: 'Service', metadata, spec }
  })
}

function secretData({ namespace }: Scene, password: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace },
    data: { password },
  }
}

async function writeStatus(scene: Scene, status: JsonObject): Promise<void> {
  await scene.client.request({
    method: 'PATCH',
    path: `/apis/apps/v1/namespaces/${scene.namespace}/deployments/web/status`,
    contentType: 'application/merge-patch+json',
    query: { fieldManager: 'a-controller' },
    body: { status },
  })
}

function condition(type: string): JsonObject {
  return { type, status: 'True', reason: 'Because', message: '', lastUpdateTime: null }
}

function listed(items: readonly JsonObject[]): JsonObject {
  return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata: {}, items }
}

function cutOff({ body }: ClusterResponse): JsonObject {
  const items = isJsonObject(body) && Array.isArray(body.items) ? body.items.slice(0, 1) : []
  return { ...listed([]), metadata: { remainingItemCount: 3 }, items }
}

const forbidden = {
  kind: 'Status',
  apiVersion: 'v1',
  reason: 'Forbidden',
  message: 'no',
  code: 403,
}
const expired = {
  ...forbidden,
  reason: 'Expired',
  message: 'The provided continue parameter is too old',
  code: 410,
}
const notFound = { ...forbidden, reason: 'NotFound', code: 404 }
