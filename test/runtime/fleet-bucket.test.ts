import { beforeEach, describe, expect, it } from 'vitest'
import { type FleetBucket, indexKey } from '../../lib/runtime/fleet-bucket.ts'
import { createFleetReader, type FleetReading } from '../../lib/runtime/load-fleet-bucket.ts'
import { pushFleet } from '../../lib/runtime/push-fleet.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'

const now = new Date('2026-11-23T10:00:00Z')
const real = { now, isDryRun: false }
const file = (name: string, text = `text of ${name}`) => ({ file: name, text })
const first = [file('a.yaml'), file('c.yml'), file('clusters/b.yaml')]

/** Calls in the order they came; `killAt` ends the process at that write, `before` lets others in between. */
type World = {
  bucket: FleetBucket
  readonly calls: string[]
  killAt: number
  before: (call: string) => Promise<void>
}

let world: World
beforeEach(() => {
  world = createWorld()
})

function createWorld(): World {
  const store = createMemoryStore()
  const state: World = {
    calls: [],
    killAt: Number.POSITIVE_INFINITY,
    before: async () => {},
    bucket: { ...store, entries: async () => [] },
  }
  const note = async (call: string) => {
    const writes = state.calls.filter((each) => /^(?:put|delete)/.test(each)).length
    if (/^(?:put|delete)/.test(call) && writes >= state.killAt) throw new Error('killed')
    await state.before(call)
    state.calls.push(call)
  }
  state.bucket = {
    get: async (key) => {
      await note(`get ${key}`)
      return store.get(key)
    },
    put: async (key, body, condition) => {
      await note(`put ${key}`)
      return store.put(key, body, condition)
    },
    delete: async (key, condition) => {
      await note(`delete ${key}`)
      return store.delete(key, condition)
    },
    entries: async () => {
      await note('list')
      const keys = await store.list('')
      const records = await Promise.all(keys.map((key) => store.get(key)))
      return keys.map((key, index) => {
        const { etag = '', body = new Uint8Array() } = records[index] ?? {}
        return { key, etag, sizeBytes: body.length }
      })
    },
  }
  return state
}

const writes = () => world.calls.filter((call) => /^(?:put|delete)/.test(call))
const textsIn = (reading: FleetReading) =>
  reading.state === 'complete' ? reading.files.map(({ text }) => text) : reading.state

describe('a push of the fleet', () => {
  it('uploads everything the first time, and the functions read what was pushed', async () => {
    const pushed = await pushFleet(world.bucket, first, real)
    expect(pushed.uploaded).toEqual(['a.yaml', 'c.yml', 'clusters/b.yaml'])
    const reading = await createFleetReader(world.bucket).read()
    expect(reading).toEqual({ state: 'complete', files: first, notices: [] })
  })

  it('uploads only what changed, then the index, and deletes what is gone last', async () => {
    await pushFleet(world.bucket, first, real)
    world.calls.length = 0
    const next = [file('a.yaml', 'new'), file('c.yml'), file('d.yaml')]
    const pushed = await pushFleet(world.bucket, next, real)
    expect(pushed).toEqual({
      uploaded: ['a.yaml', 'd.yaml'],
      deleted: ['clusters/b.yaml'],
      unchanged: ['c.yml'],
    })
    expect(writes()).toEqual([
      'put a.yaml',
      'put d.yaml',
      `put ${indexKey}`,
      'delete clusters/b.yaml',
    ])
  })

  it('writes nothing where nothing changed, and nothing in a dry run', async () => {
    await pushFleet(world.bucket, first, { now, isDryRun: true })
    expect(writes()).toEqual([])
    await pushFleet(world.bucket, first, real)
    world.calls.length = 0
    const pushed = await pushFleet(world.bucket, first, real)
    expect(pushed).toEqual({ uploaded: [], deleted: [], unchanged: first.map((each) => each.file) })
    expect(writes()).toEqual([])
  })

  it('puts right what somebody else changed by hand', async () => {
    await pushFleet(world.bucket, first, real)
    await world.bucket.put('a.yaml', 'by hand')
    expect((await pushFleet(world.bucket, first, real)).uploaded).toEqual(['a.yaml'])
    expect(textsIn(await createFleetReader(world.bucket).read())).toEqual(
      first.map(({ text }) => text),
    )
  })

  it('gives way to one that was faster, and what neither finished is not loaded', async () => {
    await pushFleet(world.bucket, first, real)
    world.before = async (call) => {
      if (call !== 'put a.yaml') return
      world.before = async () => {}
      await pushFleet(world.bucket, [file('a.yaml', 'theirs'), file('z.yaml', 'theirs')], real)
    }
    const mine = [file('a.yaml', 'mine'), file('c.yml')]
    await expect(pushFleet(world.bucket, mine, real)).rejects.toThrow(/somebody else pushed/)
    expect((await createFleetReader(world.bucket).read()).state).toBe('incomplete')
    await pushFleet(world.bucket, mine, real)
    expect(textsIn(await createFleetReader(world.bucket).read())).toEqual(['mine', 'text of c.yml'])
  })

  const starts: readonly (readonly [string, (bucket: FleetBucket) => Promise<unknown>])[] = [
    ['an older push', (bucket) => pushFleet(bucket, first, real)],
    ['files put there by hand', (bucket) => bucket.put('a.yaml', 'by hand')],
    ['nothing', async () => {}],
  ]
  for (const [title, prepare] of starts) {
    it(`over ${title}, killed at any write, is never loaded by half, and the next one goes on`, async () => {
      const next = [file('a.yaml', 'new'), file('d.yaml'), file('e.yaml')]
      let isKilled = true
      for (let count = 0; isKilled; count += 1) {
        expect(count).toBeLessThan(20)
        world = createWorld()
        await prepare(world.bucket)
        const before = textsIn(await createFleetReader(world.bucket).read())
        world.calls.length = 0
        world.killAt = count
        isKilled = await pushFleet(world.bucket, next, real).then(
          () => false,
          () => true,
        )
        const whole = next.map(({ text }) => text)
        const possible = count === 0 ? [before] : ['incomplete', whole]
        expect(possible).toContainEqual(textsIn(await createFleetReader(world.bucket).read()))
        world.killAt = Number.POSITIVE_INFINITY
        await pushFleet(world.bucket, next, real)
        expect(textsIn(await createFleetReader(world.bucket).read())).toEqual(whole)
      }
    })
  }
})

describe('a reader of the fleet', () => {
  it('asks for one listing while nothing changes', async () => {
    await pushFleet(world.bucket, first, real)
    const reader = createFleetReader(world.bucket)
    await reader.read()
    world.calls.length = 0
    expect(await reader.read()).toEqual({ state: 'unchanged' })
    expect(world.calls).toEqual(['list'])
    await world.bucket.put('notes.txt', 'no file of a fleet')
    expect(await reader.read()).toEqual({ state: 'unchanged' })
    reader.forget()
    expect((await reader.read()).state).toBe('complete')
  })

  it('takes files that were put there by hand, and leaves hidden ones out', async () => {
    for (const key of ['b.yaml', 'x/a.yml', '.git/c.yaml', 'd.txt']) {
      await world.bucket.put(key, key)
    }
    const reading = await createFleetReader(world.bucket).read()
    expect(textsIn(reading)).toEqual(['b.yaml', 'x/a.yml'])
  })

  it('takes an empty folder for an accident', async () => {
    expect(await createFleetReader(world.bucket).read()).toMatchObject({
      state: 'incomplete',
      why: expect.stringContaining('driftless fleet push'),
    })
  })

  for (const [title, change] of [
    ['vanishes', (bucket: FleetBucket) => bucket.delete('b.yaml')],
    ['changes', (bucket: FleetBucket) => bucket.put('b.yaml', 'new')],
  ] as const) {
    it(`takes nothing where a file ${title} while it is read, and all of it later`, async () => {
      await world.bucket.put('a.yaml', 'a')
      await world.bucket.put('b.yaml', 'b')
      const reader = createFleetReader(world.bucket)
      world.before = async (call) => {
        if (call !== 'get b.yaml') return
        world.before = async () => {}
        await change(world.bucket)
      }
      expect(await reader.read()).toMatchObject({
        state: 'incomplete',
        why: expect.stringContaining('b.yaml changed'),
      })
      // As it was at the first listing: it was not taken in then.
      await world.bucket.put('b.yaml', 'b')
      expect(textsIn(await reader.read())).toEqual(['a', 'b'])
    })
  }

  it('takes nothing beside an index that it does not agree with, and says it once', async () => {
    await pushFleet(world.bucket, first, real)
    await world.bucket.put('a.yaml', 'by hand')
    const reader = createFleetReader(world.bucket)
    expect(await reader.read()).toMatchObject({
      state: 'incomplete',
      why: expect.stringMatching(/^a\.yaml is not what was pushed last: .* push the fleet again/),
    })
    expect(await reader.read()).toEqual({ state: 'unchanged' })
    await world.bucket.delete('a.yaml')
    expect(await reader.read()).toMatchObject({ why: expect.stringMatching(/^a\.yaml is missing/) })
    await world.bucket.put(indexKey, '{"version":1,"files":{}}')
    expect(await reader.read()).toMatchObject({ why: expect.stringContaining('cannot be read') })
  })

  it('names files that nobody pushed, and leaves them out', async () => {
    await pushFleet(world.bucket, first, real)
    await world.bucket.put('stranger.yaml', 'x')
    expect(await createFleetReader(world.bucket).read()).toEqual({
      state: 'complete',
      files: first,
      notices: ['stranger.yaml was not pushed and does not count'],
    })
  })
})
