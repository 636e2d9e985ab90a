import { describe, expect, it } from 'vitest'
import type { Consume, Delivery, Message, Queue } from '../../lib/queue/queue.ts'
import type { DeadLetter } from '../../lib/queue/retry.ts'

/** A queue with the handles that a test needs; time stands still but for `advance`. */
export type TestQueue = {
  readonly queue: Queue
  /** Works on all that is due. */
  readonly work: (consume: Consume) => Promise<void>
  readonly advance: (ms: number) => void
  readonly deadLetters: () => readonly DeadLetter[]
  readonly redrive: (ids?: readonly string[]) => Promise<number>
  readonly close: () => Promise<void>
}

export type OpenQueue = (options: { readonly maxReceives?: number }) => Promise<TestQueue>

export function message(group: string, id: string, delaySeconds?: number): Message {
  const body = `{"id":"${id}"}`
  return { group, id, body, ...(delaySeconds === undefined ? {} : { delaySeconds }) }
}

/** What every queue promises. `known` holds claims that a foreign queue breaks, with the reason; one that holds fails the run. */
export function describeQueue(
  name: string,
  open: OpenQueue,
  known: Readonly<Record<string, string>> = {},
): void {
  describe(`${name} as a queue`, () => {
    for (const claim of Object.keys(known)) {
      if (claims[claim] === undefined) throw new Error(`no such claim: ${claim}`)
    }
    for (const [claim, check] of Object.entries(claims)) {
      const reason = known[claim]
      it(reason === undefined ? claim : `does not: ${claim} (${reason})`, async () => {
        const queue = await open({ maxReceives: 3 })
        try {
          if (reason === undefined) await check(queue, recorder())
          else await expect(check(queue, recorder())).rejects.toThrow()
        } finally {
          await queue.close()
        }
      })
    }
  })
}

type Recorder = {
  readonly seen: Delivery[]
  readonly ids: () => readonly string[]
  readonly consume: Consume
}

function recorder(): Recorder {
  const seen: Delivery[] = []
  return {
    seen,
    ids: () => seen.map((delivery) => delivery.id),
    consume: async (delivery) => {
      seen.push(delivery)
    },
  }
}

const claims: Readonly<Record<string, (queue: TestQueue, recorder: Recorder) => Promise<void>>> = {
  'delivers once what was sent': async ({ queue, work }, { seen, consume }) => {
    await queue.send([message('a', '1')])
    await work(consume)
    await work(consume)
    expect(seen).toEqual([{ group: 'a', id: '1', body: '{"id":"1"}', receiveCount: 1 }])
  },

  'keeps the order within a group': async ({ queue, work }, { seen, consume }) => {
    await queue.send([message('a', '1'), message('b', '2'), message('a', '3')])
    await queue.send([message('b', '4'), message('a', '5')])
    await work(consume)
    const of = (group: string) => seen.filter((one) => one.group === group).map((one) => one.id)
    expect(of('a')).toEqual(['1', '3', '5'])
    expect(of('b')).toEqual(['2', '4'])
  },

  'drops doubles of what waits': async ({ queue, work }, { ids, consume }) => {
    await queue.send([message('a', '1'), message('a', '1'), message('a', '2')])
    await queue.send([message('a', '1')])
    await work(consume)
    expect(ids()).toEqual(['1', '2'])
  },

  'takes an id again after five minutes': async ({ queue, work, advance }, { ids, consume }) => {
    await queue.send([message('a', '1')])
    await work(consume)
    advance(300_000)
    await queue.send([message('a', '1')])
    await work(consume)
    expect(ids()).toEqual(['1', '1'])
  },

  'takes a delayed message with the id of one that was sent before': async (
    { queue, work, advance },
    { ids, consume },
  ) => {
    await queue.send([message('a', '1')])
    await work(consume)
    for (let round = 0; round < 2; round += 1) {
      await queue.send([message('a', '1', 10)])
      advance(10_000)
      await work(consume)
    }
    expect(ids()).toEqual(['1', '1', '1'])
  },

  'works on what the work sends': async ({ queue, work }, { ids, consume }) => {
    await queue.send([message('a', '1')])
    await work(async (delivery) => {
      await consume(delivery)
      if (delivery.id === '1') await queue.send([message('b', '2'), message('a', '3')])
    })
    expect([...ids()].sort()).toEqual(['1', '2', '3'])
  },

  'delays, and holds up no one meanwhile': async ({ queue, work, advance }, { ids, consume }) => {
    await queue.send([message('a', 'late', 30), message('a', 'now')])
    await work(consume)
    advance(29_999)
    await work(consume)
    expect(ids()).toEqual(['now'])
    advance(1)
    await work(consume)
    expect(ids()).toEqual(['now', 'late'])
  },

  'delivers delayed messages in the order of their times': async (
    { queue, work, advance },
    { ids, consume },
  ) => {
    await queue.send([message('a', '20', 20), message('a', '10', 10), message('b', '0.5', 0.5)])
    advance(25_000)
    await work(consume)
    expect(ids().filter((id) => id !== '0.5')).toEqual(['10', '20'])
    expect(ids()).toContain('0.5')
  },

  'moves a waiting message forward where its double is due sooner': async (
    { queue, work, advance },
    { ids, consume },
  ) => {
    await queue.send([message('a', '1', 600)])
    await queue.send([message('a', '1', 700)])
    await work(consume)
    expect(ids()).toEqual([])
    await queue.send([message('a', '1')])
    await work(consume)
    advance(700_000)
    await work(consume)
    expect(ids()).toEqual(['1'])
  },

  'brings back what failed, after 1 s and then 2 s, before the rest of its group': async (
    { queue, work, advance },
    { seen, consume },
  ) => {
    await queue.send([message('a', '1'), message('a', '2')])
    const failing: Consume = async (delivery) => {
      await consume(delivery)
      if (delivery.id === '1' && delivery.receiveCount < 3) throw new Error('not yet')
    }
    await work(failing)
    advance(999)
    await work(failing)
    expect(seen).toHaveLength(1)
    advance(1)
    await work(failing)
    advance(1_999)
    await work(failing)
    expect(seen).toHaveLength(2)
    advance(1)
    await work(failing)
    expect(seen.map(({ id, receiveCount }) => [id, receiveCount])).toEqual([
      ['1', 1],
      ['1', 2],
      ['1', 3],
      ['2', 1],
    ])
  },

  'lets other groups go on while one fails': async ({ queue, work }, { ids, consume }) => {
    await queue.send([message('a', '1'), message('b', '2')])
    await work(async (delivery) => {
      if (delivery.group === 'a') throw new Error('broken')
      await consume(delivery)
    })
    expect(ids()).toEqual(['2'])
  },

  'puts what keeps failing with the dead letters, and sends it again on demand': async (
    { queue, work, advance, deadLetters, redrive },
    { ids, consume },
  ) => {
    await queue.send([message('a', 'poison'), message('a', 'after'), message('b', 'poison 2')])
    let isBroken = true
    const failing: Consume = async (delivery) => {
      if (isBroken && delivery.id.startsWith('poison')) throw new Error('no good')
      await consume(delivery)
    }
    for (let round = 0; round < 5; round += 1) {
      await work(failing)
      advance(60_000)
    }
    expect(ids()).toEqual(['after'])
    const letters = [...deadLetters()].sort((a, b) => a.message.id.length - b.message.id.length)
    expect(letters).toMatchObject([
      { message: { group: 'a', id: 'poison' }, receiveCount: 3, error: 'no good' },
      { message: { group: 'b', id: 'poison 2' }, receiveCount: 3, error: 'no good' },
    ])
    isBroken = false
    expect(await redrive(['poison', 'unknown'])).toBe(1)
    expect(deadLetters()).toHaveLength(1)
    await work(failing)
    expect(ids()).toEqual(['after', 'poison'])
    expect(await redrive()).toBe(1)
    expect(deadLetters()).toEqual([])
    await work(failing)
    expect(ids()).toEqual(['after', 'poison', 'poison 2'])
  },

  'refuses a batch with a message that no queue could keep': async (
    { queue, work },
    { ids, consume },
  ) => {
    const good = message('a', 'good')
    const bad: Readonly<Record<string, readonly Message[]>> = {
      InvalidMessage: [
        { ...good, id: '' },
        { ...good, group: '' },
        { ...good, delaySeconds: 901 },
        { ...good, delaySeconds: -1 },
        { ...good, delaySeconds: Number.NaN },
      ],
      MessageTooLarge: [{ ...good, body: 'é'.repeat(128 * 1024 + 1) }],
    }
    for (const [code, messages] of Object.entries(bad)) {
      for (const one of messages) {
        await expect(queue.send([good, one])).rejects.toMatchObject({ code })
      }
    }
    await work(consume)
    expect(ids()).toEqual([])
  },
}
