import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLocalQueue } from '../../lib/queue/local.ts'
import { tryProcessLock } from '../../lib/store/process-lock.ts'
import { type Child, startChild } from '../store/child.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts'
import { message } from './contract.ts'

const sender = new URL('./sender.ts', import.meta.url)

describe('a local queue whose process is killed', () => {
  let folder: TemporaryFolder
  beforeEach(async () => {
    folder = await createTemporaryFolder()
  })
  afterEach(() => folder.remove())
  const open = () =>
    createLocalQueue({ directory: folder.path, lock: tryProcessLock, maxReceives: 3 })
  const waitingIds = async (): Promise<readonly string[]> => {
    const queue = open()
    const ids: string[] = []
    queue.start(async ({ id }) => {
      ids.push(id)
    })
    await queue.whenIdle()
    await queue.stop()
    return ids
  }

  it('loses no message that was accepted', async () => {
    const sent: string[] = []
    for (const [round, count] of [7, 40, 111, 300].entries()) {
      const child = startChild(sender, [folder.path, String(round * 10_000 + 1), 'send'])
      await child.untilLine(new RegExp(`^sent ${round * 10_000 + count}$`))
      child.process.kill('SIGKILL')
      await child.ended
      sent.push(...idsOf(child, 'sent'))
    }
    const waiting = new Set(await waitingIds())
    expect(sent.length).toBeGreaterThan(450)
    expect(sent.filter((id) => !waiting.has(id))).toEqual([])
  }, 30_000)

  it('works again on what was not done, and loses nothing', async () => {
    const done = new Set<string>()
    const sent: string[] = []
    for (let round = 0; round < 4; round += 1) {
      const child = startChild(sender, [folder.path, String(round * 10_000 + 1), 'work'])
      await child.untilLine(new RegExp(`^sent ${round * 10_000 + 50 + round}$`))
      child.process.kill('SIGKILL')
      await child.ended
      sent.push(...idsOf(child, 'sent'))
      for (const id of idsOf(child, 'done')) done.add(id)
    }
    for (const id of await waitingIds()) done.add(id)
    expect(sent.filter((id) => !done.has(id))).toEqual([])
  }, 30_000)

  it('gives up a message that ends the process each time', async () => {
    const queue = open()
    await queue.queue.send([message('a', 'poison'), message('a', 'good')])
    await queue.stop()
    for (let times = 0; times < 3; times += 1) {
      const child = startChild(sender, [folder.path, '1', 'crash'])
      await child.ended
    }
    const restarted = open()
    expect(restarted.deadLetters()).toMatchObject([
      { message: { id: 'poison' }, receiveCount: 3, error: expect.stringMatching(/process ended/) },
    ])
    expect(restarted.depth().waiting).toBe(1)
    await restarted.stop()
  }, 30_000)

  it('reads its journal, wherever the last write was cut off', async () => {
    const queue = open()
    await queue.queue.send([message('a', '1'), message('b', '2')])
    await queue.stop()
    const journal = join(folder.path, 'journal.jsonl')
    const whole = await readFile(journal)
    const lengthOfFirst = whole.indexOf('\n') + 1
    for (let length = 0; length <= whole.length; length += 1) {
      await writeFile(journal, whole)
      await truncate(journal, length)
      await appendFile(`${journal}.new`, 'half of a rewrite that was killed')
      const reopened = open()
      const expected = length < lengthOfFirst ? 0 : length < whole.length ? 1 : 2
      expect(reopened.depth().waiting, `cut at ${length}`).toBe(expected)
      await reopened.stop()
    }
  })
})

function idsOf(child: Child, word: string): readonly string[] {
  return child
    .lines()
    .filter((line) => line.startsWith(`${word} `))
    .map((line) => line.slice(word.length + 1))
}
