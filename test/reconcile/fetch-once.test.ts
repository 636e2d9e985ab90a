import { afterAll, beforeAll, expect, it } from 'vitest'
import { readFleetObject } from '../../lib/fleet/fleet-object.ts'
import type { JsonObject } from '../../lib/manifest/object.ts'
import { createArtifacts } from '../../lib/reconcile/artifacts.ts'
import { createSources } from '../../lib/reconcile/fetch-once.ts'
import type { FetchRequest } from '../../lib/reconcile/ports.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'
import { createGitHost, type GitHost } from '../source/git/host.ts'

let host: GitHost
beforeAll(async () => {
  host = await createGitHost()
})
afterAll(() => host.close())

const requestFor = (
  url: string,
  cluster: string,
  askedAt: string,
  more: JsonObject = {},
): FetchRequest => {
  const object = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: { name: 'app', namespace: 'flux-system' },
    spec: { interval: '1m', url, ref: { branch: 'main' }, ...more },
  }
  const read = readFleetObject(object, cluster)
  if (read.type !== 'GitRepository') throw new Error(`read as ${read.type}`)
  const origin = { type: 'fleet' } as const
  const createdAt = askedAt
  return {
    source: {
      ...read,
      record: { version: 1, object, generation: 1, uid: cluster, createdAt, origin },
    },
    credentials: undefined,
    previous: undefined,
    signal: new AbortController().signal,
    askedAt,
  }
}

/** Sources whose answers from the host wait until `release` is called. */
function heldSources() {
  const store = createMemoryStore()
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let asked = () => {}
  const wasAsked = new Promise<void>((resolve) => {
    asked = resolve
  })
  let count = 0
  const sources = createSources({
    store,
    artifactCache: createArtifacts(store),
    outbound: {
      ...host.outbound,
      request: async (request) => {
        count += 1
        const response = await host.outbound.request(request)
        asked()
        await held
        return response
      },
    },
  })
  return { sources, release, wasAsked, requests: () => count }
}

const at = (second: number) => `2026-11-23T10:00:0${second}.000Z`

it('shares one fetch among all who asked before it began', async () => {
  host.commit('acme/shared', { 'a.yaml': 'one' })
  const url = `${host.url}/acme/shared`
  const alone = heldSources()
  alone.release()
  await alone.sources.fetch(requestFor(url, 'one', at(0)))
  const together = heldSources()
  together.release()
  const [one, two] = await Promise.all([
    together.sources.fetch(requestFor(url, 'one', at(0))),
    together.sources.fetch(requestFor(url, 'two', at(0))),
  ])
  expect(two).toEqual(one)
  expect(together.requests()).toBe(alone.requests())
})

it('shares nothing with a source whose verification is not built', async () => {
  host.commit('acme/verified', { 'a.yaml': 'one' })
  const url = `${host.url}/acme/verified`
  const { sources, release, wasAsked } = heldSources()
  const plain = sources.fetch(requestFor(url, 'one', at(0)))
  await wasAsked
  const verify = { mode: 'HEAD', secretRef: { name: 'keys' } }
  const verified = sources.fetch(requestFor(url, 'two', at(0), { verify }))
  const refused = expect(verified).rejects.toMatchObject({ code: 'NotSupportedYet' })
  release()
  expect((await plain).revision).toMatch(/^main@sha1:/)
  await refused
})

it('goes on by itself where the one that began the fetch had to stop', async () => {
  host.commit('acme/stopped', { 'a.yaml': 'one' })
  const url = `${host.url}/acme/stopped`
  const { sources, release, wasAsked } = heldSources()
  const stopped = new AbortController()
  const first = sources.fetch({ ...requestFor(url, 'one', at(0)), signal: stopped.signal })
  await wasAsked
  const second = sources.fetch(requestFor(url, 'two', at(0)))
  stopped.abort(new Error('the lease is gone'))
  release()
  await expect(first).rejects.toThrow()
  expect((await second).revision).toMatch(/^main@sha1:/)
})

it('reads the ref again for who asked after a fetch under way had read it', async () => {
  host.commit('acme/late', { 'a.yaml': 'one' })
  const url = `${host.url}/acme/late`
  const { sources, release, wasAsked } = heldSources()
  const before = sources.fetch(requestFor(url, 'one', at(0)))
  await wasAsked
  const pushed = host.commit('acme/late', { 'a.yaml': 'two' })
  const after = sources.fetch(requestFor(url, 'two', at(1)))
  release()
  expect((await before).revision).not.toContain(pushed)
  expect((await after).revision).toBe(`main@sha1:${pushed}`)
})
