import { describe, expect, it } from 'vitest'
import type { Store } from '../../lib/store/store.ts'

type Offer = {
  readonly store: Store
  /** More keys than it lists at once. */
  readonly manyKeys?: number
  readonly close?: () => Promise<void>
}

/**
 * What every store promises, whatever it is made of. `open` gives an empty one. `known` holds claims that a foreign server
 * breaks, with the reason; one that holds after all fails the run.
 */
export function describeStore(
  name: string,
  open: () => Promise<Offer>,
  known: Readonly<Record<string, string>> = {},
): void {
  describe(`${name} as a store`, () => {
    for (const claim of Object.keys(known)) {
      if (claims[claim] === undefined) throw new Error(`no such claim: ${claim}`)
    }
    for (const [claim, check] of Object.entries(claims)) {
      const reason = known[claim]
      it(reason === undefined ? claim : `does not: ${claim} (${reason})`, async () => {
        const { store, close, manyKeys = 200 } = await open()
        try {
          if (reason === undefined) await check(store, manyKeys)
          else await expect(check(store, manyKeys)).rejects.toThrow()
        } finally {
          await close?.()
        }
      })
    }
  })
}

const claims: Readonly<Record<string, (store: Store, manyKeys: number) => Promise<void>>> = {
  'gives back what was put, with the etag that put returned': async (store) => {
    const etag = await store.put('status/staging/apps', '{"version":1}')
    const found = await store.get('status/staging/apps')
    expect(textOf(found?.body)).toBe('{"version":1}')
    expect(found?.etag).toBe(etag)
  },

  'knows nothing of a key that was never put': async (store) => {
    expect(await store.get('nothing/here')).toBeUndefined()
  },

  'keeps any bytes, and none': async (store) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    await store.put('bytes', bytes)
    await store.put('empty', '')
    expect([...((await store.get('bytes'))?.body ?? [])]).toEqual([...bytes])
    expect((await store.get('empty'))?.body.length).toBe(0)
  },

  'keeps a record of some megabytes whole': async (store) => {
    const bytes = new Uint8Array(3_000_000).map((_, index) => (index * 7919) % 251)
    await store.put('artifacts/large', bytes)
    const found = await store.get('artifacts/large')
    expect(Buffer.compare(found?.body ?? new Uint8Array(), bytes)).toBe(0)
  },

  'is not changed by what a caller does to its bytes': async (store) => {
    const bytes = new TextEncoder().encode('before')
    await store.put('own', bytes)
    bytes.fill(0)
    const first = await store.get('own')
    first?.body.fill(0)
    expect(textOf((await store.get('own'))?.body)).toBe('before')
  },

  'gives a new etag with every changed body': async (store) => {
    const first = await store.put('etag', 'a')
    const second = await store.put('etag', 'b')
    expect(second).not.toBe(first)
    expect((await store.get('etag'))?.etag).toBe(second)
  },

  'creates with ifNoneMatch only where nothing is': async (store) => {
    expect(await store.put('once', 'first', { ifNoneMatch: '*' })).toBeTypeOf('string')
    expect(await store.put('once', 'second', { ifNoneMatch: '*' })).toBeUndefined()
    expect(textOf((await store.get('once'))?.body)).toBe('first')
  },

  'replaces with ifMatch only what was read': async (store) => {
    const first = (await store.put('swap', '1')) ?? ''
    const second = (await store.put('swap', '2', { ifMatch: first })) ?? ''
    expect(second).not.toBe('')
    expect(await store.put('swap', '3', { ifMatch: first })).toBeUndefined()
    expect(textOf((await store.get('swap'))?.body)).toBe('2')
    expect(await store.put('swap', '3', { ifMatch: second })).toBeTypeOf('string')
  },

  'does not create with ifMatch': async (store) => {
    const etag = (await store.put('gone', '1')) ?? ''
    await store.delete('gone')
    expect(await store.put('gone', '2', { ifMatch: etag })).toBeUndefined()
    expect(await store.get('gone')).toBeUndefined()
  },

  'deletes, and is content where nothing is left to delete': async (store) => {
    await store.put('a/b/c', '1')
    expect(await store.delete('a/b/c')).toBe(true)
    expect(await store.get('a/b/c')).toBeUndefined()
    expect(await store.delete('a/b/c')).toBe(true)
    expect(await store.delete('a/b/c', { ifMatch: '"0123456789abcdef0123456789abcdef"' })).toBe(
      true,
    )
  },

  'deletes with ifMatch only what was read': async (store) => {
    const first = (await store.put('d', '1')) ?? ''
    const second = (await store.put('d', '2')) ?? ''
    expect(await store.delete('d', { ifMatch: first })).toBe(false)
    expect(textOf((await store.get('d'))?.body)).toBe('2')
    expect(await store.delete('d', { ifMatch: second })).toBe(true)
    expect(await store.get('d')).toBeUndefined()
  },

  'lets exactly one of 20 writers create': async (store) => {
    const racers = Array.from({ length: 20 }, (_, index) => index)
    const etags = await Promise.all(
      racers.map((racer) => store.put('race', `by ${racer}`, { ifNoneMatch: '*' })),
    )
    const winners = racers.filter((racer) => etags[racer] !== undefined)
    expect(winners).toHaveLength(1)
    expect(textOf((await store.get('race'))?.body)).toBe(`by ${winners[0]}`)
  },

  'lets exactly one of 20 writers replace': async (store) => {
    const etag = (await store.put('race', 'start')) ?? ''
    const racers = Array.from({ length: 20 }, (_, index) => index)
    const etags = await Promise.all(
      racers.map((racer) => store.put('race', `by ${racer}`, { ifMatch: etag })),
    )
    const winners = racers.filter((racer) => etags[racer] !== undefined)
    expect(winners).toHaveLength(1)
    expect(textOf((await store.get('race'))?.body)).toBe(`by ${winners[0]}`)
  },

  'keeps a record beside records under it': async (store) => {
    await store.put('a', '1')
    await store.put('a/b', '2')
    await store.put('a/b/c', '3')
    expect(await store.list('a')).toEqual(['a', 'a/b', 'a/b/c'])
    await store.delete('a/b')
    expect(await store.list('')).toEqual(['a', 'a/b/c'])
  },

  'tells keys apart by case, by dots and by what looks like an encoding': async (store) => {
    const keys = [...oddKeys]
    await Promise.all(keys.map((key) => store.put(key, key)))
    expect(await store.list('odd/')).toEqual(byBytes(keys))
    for (const key of keys) expect(textOf((await store.get(key))?.body)).toBe(key)
    for (const key of keys) expect(await store.delete(key)).toBe(true)
    expect(await store.list('')).toEqual([])
  },

  'lists by prefix, which need not end a segment': async (store) => {
    const keys = ['ab/c', 'abc', 'abc/d', 'abd', 'b']
    await Promise.all(keys.map((key) => store.put(key, '')))
    expect(await store.list('abc')).toEqual(['abc', 'abc/d'])
    expect(await store.list('abc/')).toEqual(['abc/d'])
    expect(await store.list('ab')).toEqual(['ab/c', 'abc', 'abc/d', 'abd'])
    expect(await store.list('x')).toEqual([])
    expect(await store.list('abc/d/')).toEqual([])
  },

  'lists in the order of UTF-8 bytes': async (store) => {
    const keys = [
      'o/a',
      'o/a-b',
      'o/a.b',
      'o/a/b',
      'o/a0',
      'o/Z',
      'o/é',
      'o/\u{fffd}',
      'o/\u{1f600}',
    ]
    await Promise.all(keys.map((key) => store.put(key, '')))
    expect(await store.list('o/')).toEqual(byBytes(keys))
  },

  'lists ranges and limits': async (store) => {
    const keys = ['r/1', 'r/1/x', 'r/2', 'r/2/a/b', 'r/2/c', 'r/3']
    await Promise.all(keys.map((key) => store.put(key, '')))
    expect(await store.list('r/', { startAfter: 'r/1' })).toEqual(keys.slice(1))
    expect(await store.list('r/', { startAfter: 'r/2/b' })).toEqual(['r/2/c', 'r/3'])
    expect(await store.list('r/', { endBefore: 'r/2' })).toEqual(['r/1', 'r/1/x'])
    expect(await store.list('r/', { endBefore: 'r/2/b' })).toEqual(keys.slice(0, 4))
    expect(await store.list('r/', { startAfter: 'r/1/x', endBefore: 'r/3', limit: 2 })).toEqual([
      'r/2',
      'r/2/a/b',
    ])
    expect(await store.list('r/', { limit: 0 })).toEqual([])
  },

  'lists more keys than one page holds': async (store, manyKeys) => {
    const keys = Array.from(
      { length: manyKeys },
      (_, index) => `page/${String(index).padStart(5, '0')}`,
    )
    await Promise.all(keys.map((key) => store.put(key, '')))
    expect(await store.list('page/')).toEqual(keys)
  },

  'refuses malformed keys': async (store) => {
    for (const key of [
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      'a/..',
      '../a',
      'a\0',
      'a\n',
      '\ud800',
      'x'.repeat(961),
    ]) {
      const refused = expect.objectContaining({ code: 'InvalidKey', retryable: false })
      await expect(store.put(key, '')).rejects.toEqual(refused)
      await expect(store.get(key)).rejects.toEqual(refused)
      await expect(store.delete(key)).rejects.toEqual(refused)
    }
  },

  'refuses a body that no adapter could keep': async (store) => {
    await expect(store.put('big', new Uint8Array(64 * 1024 * 1024 + 1))).rejects.toMatchObject({
      code: 'RecordTooLarge',
    })
  },
}

const long = 'l'.repeat(700)
const oddKeys = [
  'odd/Name',
  'odd/name',
  'odd/NAME',
  'odd/a.rec',
  'odd/a.rec/b',
  'odd/a',
  'odd/%61',
  'odd/a%2frec',
  'odd/.hidden',
  'odd/.locks',
  'odd/...',
  'odd/end.',
  'odd/a b+c=d&e?f#g',
  'odd/back\\slash',
  'odd/colon:star*',
  'odd/con',
  'odd/nul.txt/x',
  'odd/tilde~',
  'odd/é',
  'odd/e\u0301',
  'odd/\u{1f600}',
  `odd/${long}`,
  `odd/${long}x`,
  `odd/${long}/y`,
  `odd/${'l'.repeat(200)}`,
  `odd/${'l'.repeat(200)}-z`,
  `odd/${'l'.repeat(200)}/z`,
]

function byBytes(keys: readonly string[]): readonly string[] {
  return [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

function textOf(body: Uint8Array | undefined): string {
  return new TextDecoder().decode(body)
}
