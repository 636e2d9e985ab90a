import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createFileStore } from '../../lib/store/files.ts'
import { createMemoryStore } from '../../lib/store/memory.ts'
import type { ListOptions, Store } from '../../lib/store/store.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

const segment = fc.constantFrom(
  'a',
  'b',
  'A',
  'a-b',
  'a.rec',
  'é',
  '~',
  '\u{1f600}',
  '\ufffd',
  'l'.repeat(450),
  `${'l'.repeat(200)}-`,
)
const key = fc.array(segment, { minLength: 1, maxLength: 2 }).map((parts) => parts.join('/'))
const prefix = fc.oneof(
  key,
  key.map((text) => `${text}/`),
  fc.constantFrom('', 'a', 'l', 'll'),
)

/** One call; `which` picks the etag of a condition among those seen so far. */
const call = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      op: fc.constant('put' as const),
      key,
      body: fc.string(),
      which: fc.nat(4),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ op: fc.constant('delete' as const), key, which: fc.nat(4) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      op: fc.constant('list' as const),
      prefix,
      startAfter: fc.option(key, { nil: undefined }),
      endBefore: fc.option(key, { nil: undefined }),
      limit: fc.option(fc.nat(4), { nil: undefined }),
    }),
  },
)
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never

/** A store with the etags it gave; answers in words that two stores can be compared by. */
function player(store: Store) {
  const etags: string[] = []
  const conditionOf = (which: number) => {
    if (which === 0) return undefined
    return { ifMatch: etags.at(-which) ?? 'none' }
  }
  return async (next: Call): Promise<unknown> => {
    if (next.op === 'list') return await store.list(next.prefix, rangeOf(next))
    if (next.op === 'delete') return await store.delete(next.key, conditionOf(next.which))
    const condition = next.which === 1 ? ({ ifNoneMatch: '*' } as const) : conditionOf(next.which)
    const etag = await store.put(next.key, next.body, condition)
    if (etag !== undefined) etags.push(etag)
    const found = await store.get(next.key)
    return [etag !== undefined, found && new TextDecoder().decode(found.body)]
  }
}

function rangeOf({ startAfter, endBefore, limit }: Extract<Call, { op: 'list' }>): ListOptions {
  return {
    ...(startAfter === undefined ? {} : { startAfter }),
    ...(endBefore === undefined ? {} : { endBefore }),
    ...(limit === undefined ? {} : { limit }),
  }
}

describe('files and memory', () => {
  it('answer alike, whatever is asked of them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 5, maxLength: 40 }), async (calls) => {
        const folder = await createTemporaryFolder()
        try {
          const files = player(createFileStore(folder.path))
          const memory = player(createMemoryStore())
          for (const next of calls) expect(await files(next)).toEqual(await memory(next))
        } finally {
          await folder.remove()
        }
      }),
      { numRuns: 60 },
    )
  }, 30_000)
})
