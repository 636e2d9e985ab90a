import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Transport } from '../../lib/cluster/transport.ts'
import { textAt } from '../../lib/manifest/object.ts'
import { clusterYaml, createTestWorld, idOf, rootSource, rootUrl, type TestWorld } from './world.ts'

/** A cluster, and a namespace in it that no other test uses. */
export type PruningPlace = {
  readonly transport?: Transport
  readonly namespace: string
  readonly close?: () => Promise<void>
}

let place: PruningPlace
let world: TestWorld
const withTransport = () => (place.transport === undefined ? {} : { transport: place.transport })
const team = () => `${place.namespace}-team`

const revision = (digit: string) => `main@sha1:${digit.repeat(40)}`

const kustomization = (name: string, { path = name, more = '', annotations = '' } = {}) =>
  `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system, annotations: {${annotations}} }
spec:
  interval: 10m
  retryInterval: 1m
  path: ./${path}
  prune: ${more.includes('prune:') ? more : `true\n${more}`}
  sourceRef: { kind: GitRepository, name: flux-system }
`

const config = (name: string, metadata = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ${place.namespace}${metadata} }\n`
const namespaceOf = (name: string) =>
  `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`
const allow = (guards: string) => `fleet.driftless.dev/allow-prune: '${guards}'`

type Files = Readonly<Record<string, string>>

function publish(digit: string, files: Files): void {
  const top = Object.keys(files).filter((path) => !path.includes('/'))
  const root = { 'kustomization.yaml': `resources: [${top.join(', ')}]\n`, ...files }
  world.publish(rootUrl, revision(digit), root)
}

async function push(digit: string, files: Files): Promise<void> {
  publish(digit, files)
  if (digit === '1') await world.load(clusterYaml)
  else await world.ask(rootSource, 'webhook')
  await world.settle(3_000)
}

async function start(files: Files): Promise<void> {
  world = await createTestWorld(withTransport())
  await push('1', files)
}

const uidOf = async (name: string, kind = 'ConfigMap') => {
  const namespace = kind === 'Namespace' ? '' : place.namespace
  const ref = { group: '', version: 'v1', kind, namespace, name }
  const found = await (await world.connect()).find(ref)
  return found === undefined ? undefined : textAt(found.metadata, 'uid')
}

const idsOf = async (name: string) =>
  ((await world.object('Kustomization', name)).status.inventory ?? []).map(({ id }) => id)

const state = async (name: string) => {
  const { ready, reason, message } = await world.object('Kustomization', name)
  return { ready, reason, message }
}

/** What leaves a build, what only moves, and what must not go: over any cluster. */
export function describePruning(title: string, createPlace: () => Promise<PruningPlace>): void {
  describe(title, () => {
    beforeEach(async () => {
      place = await createPlace()
    })
    afterEach(async () => {
      await world.close()
      await place.close?.()
    })

    describe('prune guards (A36)', () => {
      it('prune nothing where the build came out empty, until somebody allows it', async () => {
        const apps = kustomization('apps')
        await start({
          'apps.yaml': apps,
          'apps/one.yaml': config('one'),
          'apps/two.yaml': config('two'),
        })
        const empty = { 'apps/kustomization.yaml': 'resources: []\n' }
        await push('2', { 'apps.yaml': apps, ...empty })
        expect(await state('apps')).toEqual({
          ready: 'False',
          reason: 'PruneFailed',
          message: `prune refused: the build is empty, and all 2 objects would be deleted: ConfigMap/${place.namespace}/one, ConfigMap/${place.namespace}/two; if that is meant, set the annotation fleet.driftless.dev/allow-prune: Empty on Kustomization/flux-system/apps`,
        })
        expect(await uidOf('one')).toBeDefined()
        expect(await idsOf('apps')).toHaveLength(2)
        const [told] = (await world.events('Kustomization', 'apps')).filter(
          ({ reason }) => reason === 'PruneFailed',
        )
        expect(told).toMatchObject({ severity: 'error', metadata: { revision: revision('2') } })
        await push('3', {
          'apps.yaml': kustomization('apps', { annotations: allow('Empty') }),
          ...empty,
        })
        expect((await state('apps')).ready).toBe('True')
        expect([await uidOf('one'), await uidOf('two')]).toEqual([undefined, undefined])
      })

      it('let go at once no more than the Cluster says', async () => {
        const files = ['a', 'b', 'c', 'd'].map(
          (name) => [`apps/${name}.yaml`, config(name)] as const,
        )
        const apps = kustomization('apps')
        world = await createTestWorld(withTransport())
        publish('1', { 'apps.yaml': apps, ...Object.fromEntries(files) })
        await world.load(clusterYaml.replace('spec:\n', 'spec:\n  prune: { maxPercent: 50 }\n'))
        await world.settle(3_000)
        await push('2', { 'apps.yaml': apps, ...Object.fromEntries(files.slice(3)) })
        expect((await state('apps')).message).toContain(
          '3 of 4 objects would be deleted, and the Cluster lets go 50% at once',
        )
        await push('3', { 'apps.yaml': apps, ...Object.fromEntries(files.slice(2)) })
        expect((await state('apps')).ready).toBe('True')
        expect([await uidOf('a'), await uidOf('c')]).toEqual([undefined, expect.any(String)])
      })

      it('keep a Namespace in the inventory and prune the rest, until it may go', async () => {
        const apps = kustomization('apps')
        const rest = { 'apps/keep.yaml': config('keep') }
        await start({
          'apps.yaml': apps,
          'apps/ns.yaml': namespaceOf(team()),
          'apps/one.yaml': config('one'),
          ...rest,
        })
        await push('2', { 'apps.yaml': apps, ...rest })
        const refused = await state('apps')
        expect(refused).toMatchObject({ ready: 'False', reason: 'PruneFailed' })
        expect(refused.message).toContain(`prune refused: Namespace/${team()} would be deleted`)
        expect([await uidOf('one'), await uidOf(team(), 'Namespace')]).toEqual([
          undefined,
          expect.any(String),
        ])
        expect(await idsOf('apps')).toEqual([
          `_${team()}__Namespace`,
          `${place.namespace}_keep__ConfigMap`,
        ])
        await world.settle(200_000)
        const refusals = (await world.events('Kustomization', 'apps')).filter(
          ({ reason }) => reason === 'PruneFailed',
        )
        expect(refusals).toHaveLength(1)
        await push('3', {
          'apps.yaml': kustomization('apps', { annotations: allow('Namespace') }),
          ...rest,
        })
        expect((await state('apps')).ready).toBe('True')
        expect(await idsOf('apps')).toEqual([`${place.namespace}_keep__ConfigMap`])
        const messages = (await world.events('Kustomization', 'apps')).map(({ message }) => message)
        expect(messages).toContain(`Namespace/${team()} deleted`)
      })
    })

    describe('an object that moves in one commit (A36)', () => {
      it('to a Kustomization that is looked at later is never deleted', async () => {
        const both = { 'a.yaml': kustomization('a'), 'z.yaml': kustomization('z') }
        const rest = { 'a/keep.yaml': config('keep-a'), 'z/keep.yaml': config('keep-z') }
        await start({ ...both, ...rest, 'a/one.yaml': config('one') })
        const before = await uidOf('one')
        await push('2', { ...both, ...rest, 'z/one.yaml': config('one') })
        expect(await uidOf('one')).toBe(before)
        expect((await state('a')).ready).toBe('True')
        expect(await idsOf('z')).toContain(`${place.namespace}_one__ConfigMap`)
        await world.operations.reconcile(idOf('Kustomization', 'a'))
        await world.settle(1_000)
        expect(await idsOf('a')).toEqual([`${place.namespace}_keep-a__ConfigMap`])
        expect(await uidOf('one')).toBe(before)
      })

      it('to one that the same commit adds, and that waits for the first, is never deleted', async () => {
        const rest = { 'a/keep.yaml': config('keep-a') }
        await start({ 'a.yaml': kustomization('a'), ...rest, 'a/one.yaml': config('one') })
        const before = await uidOf('one')
        await push('2', {
          'a.yaml': kustomization('a'),
          ...rest,
          'z.yaml': kustomization('z', { more: '  dependsOn: [{ name: a }]\n' }),
          'z/one.yaml': config('one'),
        })
        await world.settle(60_000)
        expect((await state('z')).ready).toBe('True')
        expect(await uidOf('one')).toBe(before)
      })

      it('with its whole Kustomization, which is only renamed, is never deleted', async () => {
        await start({
          'a.yaml': kustomization('a', { path: 'apps' }),
          'apps/one.yaml': config('one'),
        })
        const before = await uidOf('one')
        await push('2', {
          'b.yaml': kustomization('b', { path: 'apps' }),
          'apps/one.yaml': config('one'),
        })
        await world.settle(30_000)
        await expect(world.object('Kustomization', 'a')).rejects.toThrow('is not registered')
        expect(await idsOf('b')).toEqual([`${place.namespace}_one__ConfigMap`])
        expect(await uidOf('one')).toBe(before)
      })
    })

    describe('what left while prune was false', () => {
      it('is not forgotten, is not waited for, and goes when prune is true', async () => {
        const without = kustomization('apps', { more: 'false\n  wait: true\n  # prune:' })
        const keep = { 'apps/keep.yaml': config('keep') }
        await start({ 'apps.yaml': without, ...keep, 'apps/one.yaml': config('one') })
        await push('2', { 'apps.yaml': without, ...keep })
        expect((await state('apps')).ready).toBe('True')
        expect(await idsOf('apps')).toContain(`${place.namespace}_one__ConfigMap`)
        const client = await world.connect()
        const ref = {
          group: '',
          version: 'v1',
          kind: 'ConfigMap',
          namespace: place.namespace,
          name: 'one',
        }
        const [live] = [await client.get(ref)]
        await client.delete(ref)
        await world.operations.reconcile(idOf('Kustomization', 'apps'))
        await world.settle(1_000)
        expect((await state('apps')).ready).toBe('True')
        const { name, namespace, labels = {} } = live.metadata
        await client.applyServerSide({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, ...(typeof namespace === 'string' ? { namespace } : {}), labels },
        })
        await push('3', { 'apps.yaml': kustomization('apps'), ...keep })
        expect(await uidOf('one')).toBeUndefined()
        expect(await idsOf('apps')).toEqual([`${place.namespace}_keep__ConfigMap`])
      })
    })
  })
}
