import { describe, expect, it } from 'vitest'
import { formatFault, loadFleet } from '../../lib/fleet/load.ts'
import { createMemoryQueue } from '../../lib/queue/memory.ts'
import { createRegistry } from '../../lib/reconcile/registry.ts'
import type { FleetBucket } from '../../lib/runtime/fleet-bucket.ts'
import { createFleetIntake } from '../../lib/runtime/fleet-intake.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'

const cluster = (name: string, sync = '') => `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: ${name} }
spec: { connection: { sandbox: {} }${sync} }
`
const sync = `, sync: { source: { kind: GitRepository, url: 'https://git.example/fleet', ref: { branch: main } }, path: ./x }`
const source = (name: string, on = '') => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: ${name}, namespace: flux-system${on === '' ? '' : `, annotations: { fleet.driftless.dev/cluster: ${on} }`} }
spec: { interval: 1m, url: "https://git.example/${name}" }
`
const many = (from: number, count: number) =>
  Array.from({ length: count }, (_, at) => source(`s${from + at}`)).join('---\n')

/** A bucket, and containers of the function that take its fleet in. */
function setUp() {
  const store = createMemoryStore()
  const files = createMemoryStore()
  const reads: string[] = []
  let at = new Date('2026-11-23T10:00:00Z').getTime()
  const now = () => new Date(at)
  let count = 0
  const uniqueId = () => {
    count += 1
    return `id-${count}`
  }
  const lines: string[] = []
  const note = (message: string) => void lines.push(message)
  const log = { debug: note, info: note, warn: note, error: note }
  const { queue, waiting } = createMemoryQueue({ now: () => at })
  const bucket: FleetBucket = {
    ...files,
    get: (key) => {
      reads.push(key)
      return files.get(key)
    },
    entries: async () => {
      const keys = await files.list('')
      const found = await Promise.all(keys.map((key) => files.get(key)))
      return keys.map((key, index) => {
        const { etag = '', body = new Uint8Array() } = found[index] ?? {}
        return { key, etag, sizeBytes: body.length }
      })
    },
  }
  const open = (kept = store) => {
    const ports = { store: kept, now, uniqueId, log, requests: queue }
    const loader = async () => ({ loadFleet, formatFault })
    const registry = createRegistry(ports)
    return createFleetIntake({ ...ports, registry, loader }, bucket)
  }
  const registered = async () => {
    const keys = await store.list('objects/')
    const texts = await Promise.all(
      keys.map(async (key) => new TextDecoder().decode((await store.get(key))?.body)),
    )
    return keys.flatMap((key, index) =>
      texts[index]?.includes('deletionRequestedAt') ? [] : [key.slice('objects/'.length)],
    )
  }
  const put = async (written: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(written)) await files.put(path, text)
  }
  return {
    ...{ store, files, reads, lines, bucket, open, put, registered, waiting },
    pass: (ms: number) => {
      at += ms
    },
  }
}

/** Says yes so many times. */
function timeFor(steps: number): () => boolean {
  let left = steps
  return () => {
    left -= 1
    return left >= 0
  }
}
const always = () => true
const root = (kind: string) => `one/${kind}/flux-system/flux-system`

describe('taking in a fleet', () => {
  it('goes on in another container where the time of one ended, and asks for each object once', async () => {
    const { open, put, registered, waiting, lines } = setUp()
    await put({ 'a.yaml': many(0, 450), 'b.yaml': many(450, 450), 'c.yaml': cluster('one') })
    let steps = 0
    for (; !lines.includes('fleet loaded'); steps += 1) {
      expect(steps).toBeLessThan(20)
      await open()(timeFor(250))
    }
    expect(steps).toBeGreaterThan(3)
    expect(await registered()).toHaveLength(900)
    const asked = waiting().map(({ group }) => group)
    expect(new Set(asked).size).toBe(900)
    expect(asked).toHaveLength(900)
  })

  it('repeats at most the last thousand objects where a function was killed', async () => {
    const { open, put, store, lines } = setUp()
    await put({ 'a.yaml': many(0, 2_500), 'c.yaml': cluster('one') })
    let writes = 0
    const killed: typeof store = {
      ...store,
      put: (key, body, condition) => {
        if (key.startsWith('objects/')) writes += 1
        if (writes > 2_200) throw new Error('killed')
        return store.put(key, body, condition)
      },
    }
    await expect(open(killed)(always)).rejects.toThrow('killed')
    const read = new Set<string>()
    const watched: typeof store = {
      ...store,
      get: (key) => {
        if (key.startsWith('objects/')) read.add(key)
        return store.get(key)
      },
    }
    await open(watched)(always)
    expect(lines).toContain('fleet loaded')
    expect(read.size).toBe(500)
  })

  it('costs a new container one listing and one read where nothing changed', async () => {
    const { open, put, reads, lines } = setUp()
    await put({ 'a.yaml': source('a'), 'c.yaml': cluster('one') })
    await open()(always)
    reads.length = 0
    lines.length = 0
    await open()(() => false)
    expect([reads, lines]).toEqual([[], []])
  })

  it('reads only the files that changed, and takes away what left them', async () => {
    const { open, put, reads, files, registered } = setUp()
    await put({ 'a.yaml': `${source('a')}---\n${source('b')}`, 'c.yaml': cluster('one') })
    await put({ 'd.yaml': source('d') })
    await open()(always)
    reads.length = 0
    await put({ 'a.yaml': source('a') })
    await files.delete('d.yaml')
    await open()(always)
    expect(reads).toEqual(['a.yaml'])
    expect(await registered()).toEqual(['one/GitRepository/flux-system/a'])
  })

  it('moves an object from one file to another without taking it away', async () => {
    const { open, put, files, registered, lines } = setUp()
    await put({ 'a.yaml': source('a'), 'b.yaml': source('b'), 'c.yaml': cluster('one') })
    await open()(always)
    await put({ 'b.yaml': `${source('b')}---\n${source('a')}` })
    await files.delete('a.yaml')
    lines.length = 0
    await open()(always)
    expect(await registered()).toHaveLength(2)
    expect(lines).toEqual(['fleet loaded'])
  })

  it('tells of what stands twice, takes nothing away, and is whole when one of the two is gone', async () => {
    const { open, put, files, registered, lines } = setUp()
    await put({ 'b.yaml': source('a'), 'c.yaml': cluster('one'), 'd.yaml': source('d') })
    await open()(always)
    await put({ 'a.yaml': source('a') })
    await files.delete('d.yaml')
    await open()(always)
    expect(lines.join('\n')).toMatch(/a\.yaml:3: GitRepository\/a .*stands in the fleet twice/)
    expect(await registered()).toHaveLength(2)
    await files.delete('b.yaml')
    await open()(always)
    expect(await registered()).toEqual(['one/GitRepository/flux-system/a'])
  })

  it('reads everything anew where a second Cluster makes the first no longer the only one', async () => {
    const { open, put, files, registered, lines } = setUp()
    await put({ 'a.yaml': source('a'), 'b.yaml': source('b', 'one'), 'c.yaml': cluster('one') })
    await open()(always)
    await put({ 'd.yaml': cluster('two') })
    await open()(always)
    expect(lines.join('\n')).toMatch(/a\.yaml:3: .* names no cluster of this fleet/)
    await put({ 'a.yaml': source('a', 'two') })
    await open()(always)
    expect(await registered()).toEqual([
      'one/GitRepository/flux-system/b',
      'two/GitRepository/flux-system/a',
    ])
    await files.delete('d.yaml')
    await open()(always)
    expect(lines.join('\n')).toMatch(
      /a\.yaml:3: .* names no cluster of this fleet; name one of: one/,
    )
    await files.delete('a.yaml')
    await open()(always)
    expect(await registered()).toEqual(['one/GitRepository/flux-system/b'])
  })

  it('lets a file override the root of sync, and puts it back when the file goes', async () => {
    const { open, put, files, registered, store } = setUp()
    const url = async () => {
      const record = await store.get(`objects/${root('GitRepository')}`)
      return /"url":"([^"]*)"/.exec(new TextDecoder().decode(record?.body))?.[1]
    }
    await put({ 'c.yaml': cluster('one', sync) })
    await open()(always)
    expect(await url()).toBe('https://git.example/fleet')
    await put({ 'a.yaml': source('flux-system') })
    await open()(always)
    expect(await url()).toBe('https://git.example/flux-system')
    await files.delete('a.yaml')
    await open()(always)
    expect(await url()).toBe('https://git.example/fleet')
    await put({ 'a.yaml': source('flux-system') })
    await open()(always)
    await put({ 'c.yaml': `# changed\n${cluster('one', sync)}` })
    await open()(always)
    expect(await url()).toBe('https://git.example/flux-system')
    await files.delete('a.yaml')
    await open()(always)
    expect(await registered()).toEqual([root('GitRepository'), root('Kustomization')])
    await put({ 'c.yaml': cluster('one') })
    await open()(always)
    expect(await registered()).toEqual([])
  })

  it('finds a Cluster whose name is hidden in escapes', async () => {
    const { open, put, registered } = setUp()
    const escaped = cluster('one').replace('fleet.driftless.dev/v1', '"fleet\\x2edriftless.dev/v1"')
    await put({ 'a.yaml': source('a'), 'c.yaml': escaped })
    await open()(always)
    expect(await registered()).toEqual(['one/GitRepository/flux-system/a'])
  })

  it('looks at all of it once a day: what was lost is registered, what nobody declares is removed', async () => {
    const { open, put, registered, store, pass } = setUp()
    await put({ 'a.yaml': source('a'), 'c.yaml': cluster('one', sync) })
    const container = open()
    await container(always)
    const before = await registered()
    const record = await store.get('objects/one/GitRepository/flux-system/a')
    await store.delete('objects/one/GitRepository/flux-system/a')
    await store.delete(`objects/${root('Kustomization')}`)
    const stray = new TextDecoder().decode(record?.body).replace('"name":"a"', '"name":"stray"')
    await store.put('objects/one/GitRepository/flux-system/stray', stray)
    pass(23 * 3_600_000)
    await container(always)
    expect(await registered()).not.toEqual(before)
    pass(2 * 3_600_000)
    await container(always)
    expect(await registered()).toEqual(before)
  })

  it('leaves it to the other where two functions take it in at the same time', async () => {
    const { open, put, store } = setUp()
    await put({ 'a.yaml': source('a'), 'c.yaml': cluster('one') })
    let isFirst = true
    const slow: typeof store = {
      ...store,
      put: async (key, body, condition) => {
        if (key === 'fleet-intake' && isFirst) {
          isFirst = false
          await open()(always)
        }
        return store.put(key, body, condition)
      },
    }
    await expect(open(slow)(always)).rejects.toThrow('at the same time')
  })
})
