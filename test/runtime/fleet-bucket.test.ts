import { beforeEach, describe, expect, it } from 'vitest'
import { type FleetBucket, indexKey } from '../../lib/runtime/fleet-bucket.ts'
import { listFleet, readFleetFile, verifyFleet } from '../../lib/runtime/load-fleet-bucket.ts'
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

/** What counts in the bucket, with its texts. */
async function readAll(bucket: FleetBucket) {
  const reading = await verifyFleet(bucket, await listFleet(bucket))
  if (reading.state === 'incomplete') return reading
  const files = await Promise.all(
    reading.files.map(async (entry) => ({
      file: entry.key,
      text: await readFleetFile(bucket, entry),
    })),
  )
  return { ...reading, files }
}

async function textsIn(bucket: FleetBucket): Promise<readonly string[] | string> {
  const reading = await readAll(bucket)
  return reading.state === 'complete' ? reading.files.map(({ text }) => text) : reading.state
}

describe('a push of the fleet', () => {
  it('uploads everything the first time, and the functions read what was pushed', async () => {
    const pushed = await pushFleet(world.bucket, first, real)
    expect(pushed.uploaded).toEqual(['a.yaml', 'c.yml', 'clusters/b.yaml'])
    world.calls.length = 0
    expect(await verifyFleet(world.bucket, await listFleet(world.bucket))).toMatchObject({
      state: 'complete',
    })
    // The index vouches for what a push uploaded; none of it is read for that.
    expect(world.calls).toEqual(['list', `get ${indexKey}`])
    const reading = await readAll(world.bucket)
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

  it('writes nothing of what the functions would not take in', async () => {
    const large = [file('a.yaml', 'é'.repeat(17 << 20)), file('b.yaml', 'é'.repeat(17 << 20))]
    await expect(pushFleet(world.bucket, large, real)).rejects.toThrow('2 files of 68.0 MiB')
    expect(writes()).toEqual([])
  })

  it('puts right what somebody else changed by hand', async () => {
    await pushFleet(world.bucket, first, real)
    await world.bucket.put('a.yaml', 'by hand')
    expect((await pushFleet(world.bucket, first, real)).uploaded).toEqual(['a.yaml'])
    expect(await textsIn(world.bucket)).toEqual(first.map(({ text }) => text))
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
    expect(await textsIn(world.bucket)).toBe('incomplete')
    await pushFleet(world.bucket, mine, real)
    expect(await textsIn(world.bucket)).toEqual(['mine', 'text of c.yml'])
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
        const before = await textsIn(world.bucket)
        world.calls.length = 0
        world.killAt = count
        isKilled = await pushFleet(world.bucket, next, real).then(
          () => false,
          () => true,
        )
        const whole = next.map(({ text }) => text)
        const possible = count === 0 ? [before] : ['incomplete', whole]
        expect(possible).toContainEqual(await textsIn(world.bucket))
        world.killAt = Number.POSITIVE_INFINITY
        await pushFleet(world.bucket, next, real)
        expect(await textsIn(world.bucket)).toEqual(whole)
      }
    })
  }
})

describe('the fleet as it lies in the bucket', () => {
  it('has another version where a file that counts changed, and only then', async () => {
    await pushFleet(world.bucket, first, real)
    const { version } = await listFleet(world.bucket)
    await world.bucket.put('notes.txt', 'no file of a fleet')
    expect((await listFleet(world.bucket)).version).toBe(version)
    await world.bucket.put('a.yaml', 'new')
    expect((await listFleet(world.bucket)).version).not.toBe(version)
  })

  it('takes files that were put there by hand, and leaves hidden ones out', async () => {
    for (const key of ['b.yaml', 'x/a.yml', '.git/c.yaml', 'd.txt']) {
      await world.bucket.put(key, key)
    }
    expect(await textsIn(world.bucket)).toEqual(['b.yaml', 'x/a.yml'])
  })

  it('takes an empty folder for an accident', async () => {
    expect(await readAll(world.bucket)).toMatchObject({
      state: 'incomplete',
      why: expect.stringContaining('driftless fleet push'),
    })
  })

  it('refuses more than a fleet may have, and says what that is', async () => {
    const entry = { etag: 'e', sizeBytes: 33 * 1024 * 1024 }
    const of = (...keys: readonly string[]): FleetBucket => ({
      ...world.bucket,
      entries: async () => keys.map((key) => ({ key, ...entry })),
    })
    await expect(listFleet(of('a.yaml', 'b.yaml'))).rejects.toThrow(
      'the fleet has 2 files of 66.0 MiB, and at most 10000 files and 64 MiB are taken',
    )
    const many = Array.from({ length: 10_001 }, (_, at) => `${at}.yaml`)
    await expect(listFleet(of(...many))).rejects.toThrow(/10001 files .* put more objects into/)
    expect((await listFleet(of('a.yaml', indexKey))).entries).toHaveLength(2)
  })

  for (const [title, change] of [
    ['vanished', (bucket: FleetBucket) => bucket.delete('b.yaml')],
    ['changed', (bucket: FleetBucket) => bucket.put('b.yaml', 'new')],
  ] as const) {
    it(`gives no text of a file that ${title} since it was listed`, async () => {
      await world.bucket.put('b.yaml', 'b')
      const [entry = { key: '', etag: '', sizeBytes: 0 }] = (await listFleet(world.bucket)).entries
      await change(world.bucket)
      await expect(readFleetFile(world.bucket, entry)).rejects.toThrow('b.yaml changed while it')
    })
  }

  it('is nothing while the index changes', async () => {
    await pushFleet(world.bucket, first, real)
    const listing = await listFleet(world.bucket)
    await pushFleet(world.bucket, [...first, file('z.yaml')], real)
    await expect(verifyFleet(world.bucket, listing)).rejects.toThrow(/index\.json changed while/)
  })

  it('is nothing beside an index that it does not agree with', async () => {
    await pushFleet(world.bucket, first, real)
    await world.bucket.put('a.yaml', 'by hand')
    expect(await readAll(world.bucket)).toMatchObject({
      state: 'incomplete',
      why: expect.stringMatching(/^a\.yaml is not what was pushed last: .* push the fleet again/),
    })
    await world.bucket.delete('a.yaml')
    expect(await readAll(world.bucket)).toMatchObject({
      why: expect.stringMatching(/^a\.yaml is missing/),
    })
    await world.bucket.put(indexKey, '{"version":1,"files":{}}')
    expect(await readAll(world.bucket)).toMatchObject({
      why: expect.stringContaining('cannot be read'),
    })
  })

  it('is the same where somebody else uploaded the same bytes', async () => {
    await pushFleet(world.bucket, first, real)
    await world.bucket.delete('a.yaml')
    await world.bucket.put('a.yaml', 'text of a.yaml')
    expect(await textsIn(world.bucket)).toEqual(first.map(({ text }) => text))
  })

  it('names files that nobody pushed, and leaves them out', async () => {
    await pushFleet(world.bucket, first, real)
    await world.bucket.put('stranger.yaml', 'x')
    expect(await readAll(world.bucket)).toEqual({
      state: 'complete',
      files: first,
      notices: ['stranger.yaml was not pushed and does not count'],
    })
  })
})
