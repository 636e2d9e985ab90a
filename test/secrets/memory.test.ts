import { describe, expect, it } from 'vitest'
import { createMemorySecrets } from '../../lib/secrets/memory.ts'
import { firstOf } from '../../lib/secrets/secret-store.ts'
import { describeSecrets, textsOf } from './contract.ts'

describeSecrets('memory', async () =>
  createMemorySecrets({ 'git-auth': { username: 'git', password: 'hünter 2' } }),
)

describe('stores in a row', () => {
  it('are asked in turn', async () => {
    const store = firstOf(
      createMemorySecrets({ a: { from: 'first' } }),
      createMemorySecrets({ a: { from: 'second' }, b: { from: 'second' } }),
    )
    expect(textsOf(await store.read('a'))).toEqual({ from: 'first' })
    expect(textsOf(await store.read('b'))).toEqual({ from: 'second' })
    expect(await store.read('c')).toBeUndefined()
  })
})
