import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClusterClient } from '../../lib/cluster/client.ts'
import type { ClusterRequest } from '../../lib/cluster/transport.ts'
import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import { readTraces, writeTraces } from '../../lib/reconcile/trace-record.ts'
import {
  createSandboxCluster,
  type SandboxCluster,
} from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { clusterYaml, createTestWorld, idOf, rootSource, rootUrl, type TestWorld } from './world.ts'

const tenMinutes = 630_000
const apps = idOf('Kustomization', 'apps')

let world: TestWorld
let sandbox: SandboxCluster
let sent: ClusterRequest[]

beforeEach(async () => {
  sandbox = createSandboxCluster({ settleMs: 0 })
  sent = []
  const transport = (request: ClusterRequest) => {
    sent.push(request)
    return sandbox.transport(request)
  }
  world = await createTestWorld({ transport })
})
afterEach(async () => {
  await world.close()
  await sandbox.close()
})

const configMap = (name: string, data = 'a') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\ndata: { key: '${data}' }\n`

const broken = `apiVersion: v1
kind: Service
metadata: { name: broken, namespace: default }
spec: { ports: [{ port: 70000 }] }
`

function files(annotations: JsonObject, objects: Readonly<Record<string, string>>) {
  return {
    'apps.yaml': `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system, annotations: ${JSON.stringify(annotations)} }
spec: { interval: 10m, path: ./apps, prune: true, sourceRef: { kind: GitRepository, name: flux-system } }
`,
    ...Object.fromEntries(Object.entries(objects).map(([name, text]) => [`apps/${name}`, text])),
  }
}

async function push(
  digit: string,
  annotations: JsonObject,
  objects: Readonly<Record<string, string>>,
): Promise<void> {
  const all = { 'kustomization.yaml': 'resources: [apps.yaml]\n', ...files(annotations, objects) }
  world.publish(rootUrl, `main@sha1:${digit.repeat(40)}`, all)
  if (digit === '1') await world.load(clusterYaml)
  else await world.ask(rootSource, 'webhook')
  await world.settle()
}

const ref = (name: string) => ({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  namespace: 'default',
  name,
})

/** Changes the ConfigMap past Driftless, as another manager does. */
async function changeBy(manager: string, name: string, value: string): Promise<void> {
  const other = createClusterClient(sandbox.transport, { fieldManager: manager })
  await other.patch(ref(name), { data: { key: value } }, { type: 'merge' })
}

async function keyIn(name: string): Promise<unknown> {
  const found = await createClusterClient(sandbox.transport).find(ref(name))
  return dataOf(found)?.key
}

function dataOf(object: KubeObject | undefined): JsonObject | undefined {
  const data = object?.data
  return typeof data === 'object' && data !== null && !Array.isArray(data) && 'key' in data
    ? data
    : undefined
}

const writes = (): number =>
  sent.filter(({ method, query }) => method !== 'GET' && query?.dryRun === undefined).length
const dryRuns = (): number => sent.filter(({ query }) => query?.dryRun !== undefined).length
const reads = (): number =>
  sent.filter(({ method, path }) => method === 'GET' && path.includes('/configmaps')).length
const found = async () => (await world.object('Kustomization', 'apps')).status.conditions
const drifted = async () => (await found()).find(({ type }) => type === 'Drifted')
const events = async () =>
  (await world.events('Kustomization', 'apps')).filter(
    ({ reason, isDrift }) => reason === 'DriftDetected' || isDrift === true,
  )

const three = { 'a.yaml': configMap('a'), 'b.yaml': configMap('b'), 'c.yaml': configMap('c') }
const warn = { 'fleet.driftless.dev/drift': 'warn' }
const isolate = { 'fleet.driftless.dev/failures': 'isolate' }

describe('drift', () => {
  it('is looked for with one list of metadata where nothing drifted', async () => {
    await push('1', {}, three)
    sent = []
    await world.settle(tenMinutes)
    expect({ reads: reads(), dryRuns: dryRuns(), writes: writes() }).toEqual({
      reads: 1,
      dryRuns: 0,
      writes: 0,
    })
    expect((await world.object('Kustomization', 'apps')).ready).toBe('True')
  })

  it('costs no more where what left stays, because nothing is pruned', async () => {
    const { 'apps.yaml': apps, ...rest } = files({}, three)
    const unpruned = apps.replace('prune: true', 'prune: false')
    const all: Readonly<Record<string, string>> = {
      'kustomization.yaml': 'resources: [apps.yaml]\n',
      ...rest,
      'apps.yaml': unpruned,
    }
    world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, all)
    await world.load(clusterYaml)
    await world.settle()
    const { 'apps/c.yaml': _, ...fewer } = all
    world.publish(rootUrl, `main@sha1:${'2'.repeat(40)}`, fewer)
    await world.ask(rootSource, 'webhook')
    await world.settle()
    const { status } = await world.object('Kustomization', 'apps')
    expect(status.inventory).toHaveLength(3)
    sent = []
    await world.settle(tenMinutes)
    expect([dryRuns(), writes()]).toEqual([0, 0])
  })

  it('is repaired and told with its fields, whose hand it was, and since when', async () => {
    await push('1', {}, three)
    await changeBy('night-shift', 'a', 'theirs')
    sent = []
    await world.settle(tenMinutes)
    expect(await keyIn('a')).toBe('a')
    expect({ dryRuns: dryRuns(), writes: writes() }).toEqual({ dryRuns: 1, writes: 1 })
    const [event] = await events()
    expect(event?.message).toMatch(
      /^ConfigMap\/default\/a configured\n {2}data\.key: theirs → a, set by night-shift since \d{4}-.*Z$/,
    )
    expect(event?.changes?.[0]?.fields).toMatchObject([
      { path: 'data.key', manager: 'night-shift' },
    ])
    expect((await world.object('Kustomization', 'apps')).lastChange?.isDrift).toBe(true)
  })

  it('is told apart from what the same commit changes', async () => {
    await push('1', {}, three)
    await changeBy('night-shift', 'a', 'theirs')
    await push('2', {}, { ...three, 'b.yaml': configMap('b', 'new') })
    expect([await keyIn('a'), await keyIn('b')]).toEqual(['a', 'new'])
    const told = (await world.events('Kustomization', 'apps'))
      .filter(({ changes }) => changes !== undefined)
      .map(({ message, isDrift }) => [message.split('\n')[0], isDrift === true])
    expect(told.slice(-2)).toEqual([
      ['ConfigMap/default/a configured', true],
      ['ConfigMap/default/b configured', false],
    ])
  })

  it('is dry-run whole once a day, when a person asks, and where the record cannot be read', async () => {
    await push('1', {}, three)
    const record = await readTraces(world.ports.store, apps)
    if (record === undefined) throw new Error('nothing was recorded')
    const dayBefore = new Date(world.ports.now().getTime() - 86_400_000).toISOString()
    await writeTraces(world.ports.store, apps, { ...record, checkedAt: dayBefore })
    sent = []
    await world.settle(tenMinutes)
    expect(dryRuns()).toBe(3)
    sent = []
    await world.settle(tenMinutes)
    expect(dryRuns()).toBe(0)
    await world.ask(apps, 'user')
    await world.settle()
    expect(dryRuns()).toBe(3)
    sent = []
    await world.ports.store.put(keys.traces(apps), 'no record of ours')
    await world.settle(tenMinutes)
    expect(dryRuns()).toBe(3)
    expect(writes()).toBe(0)
  })

  it('forgets what it knows with the Kustomization', async () => {
    await push('1', {}, three)
    expect(await world.ports.store.get(keys.traces(apps))).toBeDefined()
    world.publish(rootUrl, `main@sha1:${'2'.repeat(40)}`, {
      'kustomization.yaml': 'resources: [x.yaml]\n',
      'x.yaml': configMap('x'),
    })
    await world.ask(rootSource, 'webhook')
    await world.settle(60_000)
    expect(await world.ports.store.get(keys.traces(apps))).toBeUndefined()
  })
})

describe('drift under warn', () => {
  it('is told once and left, while what Git changes is applied', async () => {
    await push('1', warn, three)
    await changeBy('night-shift', 'a', 'theirs')
    sent = []
    await world.settle(3 * tenMinutes)
    expect([await keyIn('a'), writes()]).toEqual(['theirs', 0])
    const told = await events()
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ severity: 'info', reason: 'DriftDetected', isDrift: true })
    expect(told[0]?.message).toContain('data.key: theirs → a, set by night-shift since ')
    expect((await drifted())?.message).toContain('ConfigMap/default/a configured')
    expect((await world.object('Kustomization', 'apps')).ready).toBe('True')
    await push('2', warn, { ...three, 'b.yaml': configMap('b', 'new') })
    expect([await keyIn('a'), await keyIn('b')]).toEqual(['theirs', 'new'])
    await changeBy('night-shift', 'a', 'other')
    await world.settle(tenMinutes)
    expect(await events()).toHaveLength(2)
  })

  it('is no drift any more once it is taken back, or repaired when the annotation goes', async () => {
    await push('1', warn, three)
    await changeBy('night-shift', 'a', 'theirs')
    await world.settle(tenMinutes)
    expect(await drifted()).toBeDefined()
    await changeBy('night-shift', 'a', 'a')
    await world.settle(tenMinutes)
    expect(await drifted()).toBeUndefined()
    await changeBy('night-shift', 'a', 'again')
    await world.settle(tenMinutes)
    expect(await drifted()).toBeDefined()
    await push('2', {}, three)
    await world.settle(tenMinutes)
    expect([await keyIn('a'), await drifted()]).toEqual(['a', undefined])
  })

  it('is neither repaired nor looked for where the annotation cannot be understood', async () => {
    await push('1', { 'fleet.driftless.dev/drift': 'wran' }, three)
    const { ready, reason, message } = await world.object('Kustomization', 'apps')
    expect([ready, reason]).toEqual(['False', 'InvalidSpec'])
    expect(message).toBe(
      `Kustomization/flux-system/apps metadata.annotations["fleet.driftless.dev/drift"]: 'wran' is not known; write repair or warn`,
    )
    expect(await keyIn('a')).toBeUndefined()
  })
})

describe('an object that somebody changes back after each repair (A45)', () => {
  it('is corrected once, then told and left alone for an hour', async () => {
    await push('1', {}, three)
    await changeBy('operator', 'a', 'theirs')
    await world.settle(tenMinutes)
    expect(await keyIn('a')).toBe('a')
    await changeBy('operator', 'a', 'theirs')
    sent = []
    await world.settle(4 * tenMinutes)
    expect([await keyIn('a'), writes()]).toEqual(['theirs', 0])
    const fights = (await events()).filter(({ severity }) => severity === 'error')
    expect(fights).toHaveLength(1)
    expect(fights[0]?.message).toContain('set by operator')
    expect(fights[0]?.message).toContain('spec.ignore')
    expect((await drifted())?.message).toContain('ConfigMap/default/a')
    await world.settle(3_600_000)
    expect(await keyIn('a')).toBe('a')
    await changeBy('operator', 'a', 'theirs')
    await world.settle(6 * tenMinutes)
    expect(await keyIn('a')).toBe('theirs')
    expect((await events()).filter(({ severity }) => severity === 'error')).toHaveLength(1)
  })

  it('is repaired at once where a person asks, or Git says something new', async () => {
    await push('1', {}, three)
    for (const _ of [1, 2]) {
      await changeBy('operator', 'a', 'theirs')
      await world.settle(tenMinutes)
    }
    expect(await keyIn('a')).toBe('theirs')
    await world.ask(apps, 'user')
    await world.settle()
    expect(await keyIn('a')).toBe('a')
    await changeBy('operator', 'a', 'theirs')
    await world.settle(tenMinutes)
    await changeBy('operator', 'a', 'theirs')
    await world.settle(tenMinutes)
    await push('2', {}, { ...three, 'a.yaml': configMap('a', 'new') })
    expect(await keyIn('a')).toBe('new')
  })

  it('repairs what people change again and again, three times', async () => {
    await push('1', {}, three)
    for (const _ of [1, 2, 3]) {
      await changeBy('kubectl-edit', 'a', 'theirs')
      await world.settle(tenMinutes)
      expect(await keyIn('a')).toBe('a')
    }
    await changeBy('kubectl-edit', 'a', 'theirs')
    await world.settle(tenMinutes)
    expect(await keyIn('a')).toBe('theirs')
  })
})

describe('an object that fails', () => {
  it('stops its stage, and is told, where nothing else is asked for', async () => {
    await push('1', {}, { ...three, 'broken.yaml': broken })
    expect(await keyIn('a')).toBeUndefined()
    const { ready, reason } = await world.object('Kustomization', 'apps')
    expect([ready, reason]).toEqual(['False', 'ReconciliationFailed'])
  })

  it('is isolated on request: the others are applied, and nothing is pruned before all are', async () => {
    await push('1', isolate, { ...three, 'old.yaml': configMap('old') })
    await push('2', isolate, { ...three, 'a.yaml': configMap('a', 'new'), 'broken.yaml': broken })
    const failed = await world.object('Kustomization', 'apps')
    expect([failed.ready, failed.reason]).toEqual(['False', 'ReconciliationFailed'])
    expect(failed.message).toContain('1 of 4 objects failed, the others are applied:')
    expect(failed.message).toContain('Service/default/broken dry-run failed')
    expect([await keyIn('a'), await keyIn('old')]).toEqual(['new', 'a'])
    expect(failed.inventory.map(({ id }) => id)).toContain('default_old__ConfigMap')
    expect(failed.status.lastAppliedRevision).toBe(`main@sha1:${'1'.repeat(40)}`)
    await push('3', isolate, three)
    const mended = await world.object('Kustomization', 'apps')
    expect(mended.ready).toBe('True')
    expect(await keyIn('old')).toBeUndefined()
    expect(mended.inventory).toHaveLength(3)
  })
})
