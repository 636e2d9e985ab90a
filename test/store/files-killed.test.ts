import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFileStore } from '../../lib/store/files.ts'
import { acquireLease } from '../../lib/store/lease.ts'
import { readRecord } from '../../lib/store/records.ts'
import { type Child, startChild } from './child.ts'
import { parseCounter } from './counter.ts'
import { createTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'

const writer = new URL('./writer.ts', import.meta.url)
const killedWriter = new URL('./killed-writer.ts', import.meta.url)

describe('a state folder that several processes write', () => {
  let folder: TemporaryFolder
  beforeEach(async () => {
    folder = await createTemporaryFolder()
  })
  afterEach(() => folder.remove())
  const start = (task: string, name: string) => startChild(writer, [folder.path, task, name])

  it('loses no update of four processes that change one record', async () => {
    const children = Array.from({ length: 4 }, () => start('count', '50'))
    await Promise.all(children.map((child) => child.ended))
    const found = await readRecord(createFileStore(folder.path), 'shared/counter', parseCounter)
    expect(found?.value.count).toBe(200)
  }, 30_000)

  it('lets one of six processes create', async () => {
    const children = Array.from({ length: 6 }, (_, index) => start('create', `p${index}`))
    await Promise.all(children.map((child) => child.untilLine(/ready/)))
    for (const child of children) child.process.stdin?.write('go\n')
    const answers = await Promise.all(children.map((child) => child.untilLine(/won|lost/)))
    const winners = answers.filter((answer) => answer.startsWith('won'))
    expect(winners).toHaveLength(1)
    const found = await createFileStore(folder.path).get('shared/once')
    expect(`won ${new TextDecoder().decode(found?.body)}`).toBe(winners[0])
  }, 30_000)

  it('stays whole, and writable, whenever a writer is killed', async () => {
    const store = createFileStore(folder.path)
    for (let round = 0; round < 6; round += 1) {
      const children = [start('write', `a${round}`), start('write', `b${round}`)]
      await Promise.all(children.map((child) => child.untilLine(/end 3$/)))
      // Each round ends at another point of a write.
      for (let turns = 0; turns < round * 3; turns += 1) await store.list('own/')
      for (const child of children) child.process.kill('SIGKILL')
      await Promise.all(children.map((child) => child.ended))
      for (const [index, child] of children.entries()) {
        await expectWhole(`own/${'ab'[index]}${round}`, child)
      }
      expect(await store.put('shared/record', '{"version":1,"count":0}')).toBeTypeOf('string')
    }
    for (const key of await store.list('')) await readRecord(store, key, parseCounter)
    expect((await readdir(join(folder.path, '.locks'))).length).toBeLessThan(60)

    async function expectWhole(key: string, child: Child): Promise<void> {
      const last = numberIn(child, 'end')
      const begun = numberIn(child, 'begin')
      const found = await readRecord(store, key, parseCounter)
      expect(found?.value.count).toBeGreaterThanOrEqual(last)
      expect(found?.value.count).toBeLessThanOrEqual(begun)
    }
  }, 60_000)

  it('stays whole, and writable, with a writer killed at each of its steps', async () => {
    const states = new Set<string>()
    let steps = 0
    for (let hasSurvived = false; !hasSurvived; steps += 1) {
      const path = join(folder.path, `step-${steps}`)
      const child = startChild(killedWriter, [path, String(steps + 1)])
      await child.ended
      hasSurvived = child.lines().includes('survived')
      const store = createFileStore(path)
      const keys = await store.list('')
      const bodies = await Promise.all(keys.map(async (key) => (await store.get(key))?.body))
      states.add(bodies.map((body) => new TextDecoder().decode(body)).join(', '))
      for (const key of ['a/b/one', 'a/b/two']) {
        const found = await store.get(key)
        const condition = found === undefined ? undefined : { ifMatch: found.etag }
        expect(await store.put(key, 'later', condition), `${key} after step ${steps}`).toBeDefined()
      }
    }
    expect(steps).toBeGreaterThan(20)
    expect([...states].sort()).toEqual(['', 'one 1', 'one 2', 'one 3'])
  }, 60_000)

  it('gives a lease whose holder was killed to the restarted owner at once', async () => {
    const child = start('lease', 'serve')
    expect(await child.untilLine(/fence/)).toBe('fence 1')
    child.process.kill('SIGKILL')
    await child.ended
    const store = createFileStore(folder.path)
    const now = () => new Date()
    expect(await acquireLease(store, 'lease', { owner: 'other', ttlMs: 1000, now })).toBeUndefined()
    const lease = await acquireLease(store, 'lease', { owner: 'serve', ttlMs: 1000, now })
    expect(lease?.fence).toBe(2)
  }, 30_000)
})

function numberIn(child: Child, word: string): number {
  const line = child.lines().findLast((text) => text.startsWith(word))
  return Number(line?.split(' ')[1] ?? 0)
}
