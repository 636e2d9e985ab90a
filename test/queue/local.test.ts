import { appendFile, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLocalQueue, type LocalQueue, type LocalQueueOptions } from '../../lib/queue/local.ts'
import type { Consume } from '../../lib/queue/queue.ts'
import { poisonMessage } from '../../lib/queue/queue-error.ts'
import { tryProcessLock } from '../../lib/store/process-lock.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts'
import { describeQueue, message } from './contract.ts'
import { createTestClock } from './test-clock.ts'

describeQueue('local', async ({ maxReceives = 5 }) => {
  const folder = await createTemporaryFolder()
  const clock = createTestClock()
  const options = { directory: folder.path, lock: tryProcessLock, clock, maxReceives }
  const { queue, start, stop, whenIdle, deadLetters, redrive } = createLocalQueue(options)
  return {
    queue,
    deadLetters,
    redrive,
    advance: clock.advance,
    work: async (consume) => {
      start(consume)
      await whenIdle()
    },
    close: async () => {
      await stop()
      await folder.remove()
    },
  }
})

describe('a local queue', () => {
  let folder: TemporaryFolder
  let opened: LocalQueue[] = []
  const clock = createTestClock()
  const open = (options: Partial<LocalQueueOptions> = {}): LocalQueue => {
    const settings = { directory: folder.path, lock: tryProcessLock, clock, ...options }
    const queue = createLocalQueue(settings)
    opened = [...opened, queue]
    return queue
  }
  beforeEach(async () => {
    folder = await createTemporaryFolder()
  })
  afterEach(async () => {
    await Promise.all(opened.map((queue) => queue.stop()))
    opened = []
    await folder.remove()
  })

  it('works on different groups at the same time, up to its concurrency, and on one of a group', async () => {
    const { queue, start, whenIdle } = open({ concurrency: 3 })
    const work = gate()
    const groups = ['a', 'b', 'c', 'd', 'e']
    await queue.send(
      groups.flatMap((group) => [message(group, `${group}1`), message(group, `${group}2`)]),
    )
    start(work.consume)
    await turn()
    expect(work.working()).toEqual(['a1', 'b1', 'c1'])
    work.finish('b1')
    await turn()
    expect(work.working()).toEqual(['a1', 'c1', 'd1'])
    work.finish('a1')
    work.finish('c1')
    work.finish('d1')
    await turn()
    expect(work.working()).toEqual(['e1', 'b2', 'a2'])
    for (const id of ['e1', 'b2', 'a2', 'c2', 'd2', 'e2']) {
      work.finish(id)
      await turn()
    }
    await whenIdle()
    expect(work.working()).toEqual([])
  })

  it('drops doubles of what was sent in the last five minutes, done or not', async () => {
    const own = createTestClock()
    const { queue, start, whenIdle } = open({ clock: own })
    const work = gate()
    start(work.consume)
    for (let replay = 0; replay < 50; replay += 1) await queue.send([message('a', 'delivery-1')])
    await turn()
    expect(work.working()).toEqual(['delivery-1'])
    await queue.send([message('a', 'delivery-1')])
    work.finish('delivery-1')
    await whenIdle()
    await queue.send([message('a', 'delivery-1')])
    await turn()
    expect(work.working()).toEqual([])
    own.advance(299_999)
    await queue.send([message('a', 'delivery-1')])
    await turn()
    expect(work.working()).toEqual([])
    own.advance(1)
    await queue.send([message('a', 'delivery-1')])
    await turn()
    expect(work.working()).toEqual(['delivery-1'])
    work.finish('delivery-1')
  })

  it('begins within a millisecond', async () => {
    const { queue, start, whenIdle } = open()
    const latencies: number[] = []
    let sentAt = 0
    start(async () => {
      latencies.push(performance.now() - sentAt)
    })
    for (let round = 0; round < 300; round += 1) {
      sentAt = performance.now()
      await queue.send([message('a', String(round))])
      await whenIdle()
    }
    expect(latencies).toHaveLength(300)
    expect(latencies.sort((a, b) => a - b)[150]).toBeLessThan(1)
  })

  it('sleeps until the next message is due, without looking in between', async () => {
    const own = createTestClock()
    const { queue, start, whenIdle } = open({ clock: own })
    const seen: string[] = []
    start(async ({ id }) => {
      seen.push(id)
    })
    await queue.send([message('a', '1', 900), message('b', '2', 60)])
    await whenIdle()
    expect(own.timers()).toBe(1)
    own.advance(60_000)
    await whenIdle()
    expect(seen).toEqual(['2'])
    expect(own.timers()).toBe(1)
    own.advance(840_000)
    await whenIdle()
    expect(seen).toEqual(['2', '1'])
    expect(own.timers()).toBe(0)
  })

  it('waits on stop for the work in hand, keeps what that sends, and takes nothing more', async () => {
    const first = open({ concurrency: 1 })
    const work = gate()
    await first.queue.send([message('a', '1'), message('b', '2')])
    first.start(async (delivery) => {
      await work.consume(delivery)
      await first.queue.send([message('c', '3')])
    })
    await turn()
    const stopped = first.stop()
    work.finish('1')
    await stopped
    await expect(first.queue.send([message('d', '4')])).rejects.toMatchObject({
      code: 'QueueStopped',
    })
    const second = open()
    expect(second.depth()).toEqual({ waiting: 2, delayed: 2, working: 0, dead: 0 })
    expect(await drained(second)).toEqual(['2', '3'])
  })

  it('is worked on by one process at a time', async () => {
    open()
    expect(() => open()).toThrow(expect.objectContaining({ code: 'QueueLocked' }))
  })

  it('keeps delays, dead letters and counts across a restart', async () => {
    const first = open({ maxReceives: 1 })
    await first.queue.send([message('a', 'poison'), message('b', 'late', 30)])
    first.start(async () => {
      throw new Error('Authorization: Bearer abcdefghijklmnop')
    })
    await first.whenIdle()
    await first.stop()
    const second = open({ maxReceives: 1 })
    expect(second.deadLetters()).toMatchObject([{ message: { id: 'poison' }, receiveCount: 1 }])
    expect(second.deadLetters()[0]?.error).toBe('Authorization: ***')
    expect(await drained(second)).toEqual([])
    clock.advance(30_000)
    expect(await drained(second)).toEqual(['late'])
  })

  it('takes a poison message out of the way of its group at once', async () => {
    const { queue, start, whenIdle, deadLetters } = open()
    await queue.send([message('a', 'poison'), message('a', 'good')])
    const seen: string[] = []
    start(async ({ id }) => {
      if (id === 'poison') throw poisonMessage('no request')
      seen.push(id)
    })
    await whenIdle()
    expect(seen).toEqual(['good'])
    expect(deadLetters()).toMatchObject([{ message: { id: 'poison' }, receiveCount: 1 }])
  })

  it('drops half a line at the end of the journal, and only that', async () => {
    const first = open()
    await first.queue.send([message('a', '1')])
    await first.stop()
    const journal = join(folder.path, 'journal.jsonl')
    await appendFile(journal, '{"op":"send","number":2,"mess')
    const second = open()
    await second.queue.send([message('a', '3')])
    await second.stop()
    const warnings: string[] = []
    await appendFile(journal, 'no json\n{"op":"fly","number":1}\n{"op":"done"}\n')
    const third = open({ warn: (text) => warnings.push(text) })
    expect(await drained(third)).toEqual(['1', '3'])
    expect(warnings).toHaveLength(3)
  })

  it('keeps its journal small', async () => {
    const { queue, start, whenIdle } = open()
    start(async () => {})
    const filler = 'x'.repeat(20_000)
    for (let round = 0; round < 200; round += 1) {
      await queue.send([{ group: 'a', id: String(round), body: filler }])
      await whenIdle()
    }
    await queue.send([message('late', 'late', 900)])
    await whenIdle()
    const journal = join(folder.path, 'journal.jsonl')
    expect((await stat(journal)).size).toBeLessThan(1_200_000)
    expect(await readFile(journal, 'utf8')).toContain('"late"')
    expect((await stat(journal)).mode & 0o777).toBe(0o600)
  })

  it('works off 2,000 messages of 500 groups in good time', async () => {
    const { queue, start, whenIdle } = open({ concurrency: 16 })
    const messages = Array.from({ length: 2000 }, (_, index) =>
      message(`g${index % 500}`, `m${index}`),
    )
    let count = 0
    const startedAt = performance.now()
    await queue.send(messages)
    start(async () => {
      count += 1
    })
    await whenIdle()
    expect(count).toBe(2000)
    expect(performance.now() - startedAt).toBeLessThan(9_000)
  })
})

/** Work that ends when the test says so. */
function gate() {
  const open = new Map<string, () => void>()
  const consume: Consume = ({ id }) =>
    new Promise((resolve) => {
      open.set(id, () => {
        open.delete(id)
        resolve()
      })
    })
  return { consume, working: () => [...open.keys()], finish: (id: string) => open.get(id)?.() }
}

async function drained(queue: LocalQueue): Promise<readonly string[]> {
  const ids: string[] = []
  queue.start(async ({ id }) => {
    ids.push(id)
  })
  await queue.whenIdle()
  return ids
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
