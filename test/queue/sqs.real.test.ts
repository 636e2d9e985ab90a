import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Consume } from '../../lib/queue/queue.ts'
import { createSqsBurial, createSqsForward, createSqsQueue } from '../../lib/queue/sqs.ts'
import {
  consumeSqsEvent,
  forwardSqsEvent,
  type SqsEvent,
  type SqsEventOptions,
} from '../../lib/queue/sqs-events.ts'
import { type EventSource, pollOnce } from '../aws/event-source.ts'
import { type ClockedServer, startClockedMoto } from '../aws/moto.ts'
import { createQueue, queueAttributes, receive } from '../aws/sqs.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { describeQueue, message, type TestQueue } from './contract.ts'

const visibilitySeconds = 360
const comesBackMs = (visibilitySeconds + 1) * 1000

describeWithPeers(['moto'], 'the queue on moto', () => {
  let server: ClockedServer
  let count = 0
  beforeAll(async () => {
    server = await startClockedMoto('still')
  })
  afterAll(() => server?.stop())

  /** As infra/queues.yml has them. */
  const open = async (maxReceives: number) => {
    count += 1
    const { call } = server
    const lettersUrl = await createQueue(call, `dead-${count}.fifo`)
    const deadLetterTargetArn = (await queueAttributes(call, lettersUrl)).get('QueueArn')
    const queueUrl = await createQueue(call, `requests-${count}.fifo`, {
      VisibilityTimeout: String(visibilitySeconds),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: maxReceives }),
    })
    const delayQueueUrl = await createQueue(call, `delays-${count}`, {
      VisibilityTimeout: String(visibilitySeconds),
    })
    const queue = createSqsQueue({ call, queueUrl, delayQueueUrl })
    const sourceOf = (url: string, batchSize: number): EventSource => ({
      queueUrl: url,
      queueArn: `arn:aws:sqs:eu-west-1:123456789012:${url.split('/').at(-1)}`,
      batchSize,
      reportsFailures: true,
    })
    const forward = createSqsForward({ call, queueUrl })
    const options: SqsEventOptions = {
      bury: createSqsBurial({ call, deadLettersUrl: lettersUrl }),
      renew: (sent, messageId) => forward(sent, `again/${messageId}`),
    }
    const work = async (consume: Consume, batchSize = 10, more = {}): Promise<void> => {
      for (;;) {
        // One at a time: a batch of the delay queue is forwarded all at once, in no order.
        const delayed = await pollOnce(call, sourceOf(delayQueueUrl, 1), (event) =>
          forwardSqsEvent(asSqsEvent(event), forward),
        )
        const present = await pollOnce(call, sourceOf(queueUrl, batchSize), (event) =>
          consumeSqsEvent(asSqsEvent(event), consume, more),
        )
        if (delayed.received + present.received === 0) return
      }
    }
    return { queue, work, queueUrl, lettersUrl, options }
  }

  const none = () => []
  const noneMoved = async () => 0
  describeQueue(
    'sqs over moto',
    async ({ maxReceives = 5 }): Promise<TestQueue> => {
      const { queue, work } = await open(maxReceives)
      const { advance } = server
      return { queue, work, advance, deadLetters: none, redrive: noneMoved, close: async () => {} }
    },
    {
      'delivers delayed messages in the order of their times':
        'what became due together leaves the delay queue in no order of its own; moto keeps that of sending',
      'moves a waiting message forward where its double is due sooner':
        'a message that waits in SQS is out of reach; both come, and the calendar tells the later one superseded',
      'brings back what failed, after 1 s and then 2 s, before the rest of its group':
        'what failed comes back after the visibility timeout of its queue',
      'puts what keeps failing with the dead letters, and sends it again on demand':
        'dead letters are a queue of their own and hold no error',
    },
  )

  describe('as Lambda polls it', () => {
    it('brings back what failed when its time is up, and before the rest of its group', async () => {
      const { queue, work } = await open(5)
      await queue.send([message('a', '1'), message('a', '2'), message('b', '3')])
      const seen: (readonly [string, number])[] = []
      const failsOnce: Consume = async ({ id, receiveCount }) => {
        seen.push([id, receiveCount])
        if (id === '1' && receiveCount === 1) throw new Error('not yet')
      }
      await work(failsOnce)
      expect(seen.toSorted()).toEqual([
        ['1', 1],
        ['3', 1],
      ])
      server.advance((visibilitySeconds - 5) * 1000)
      await work(failsOnce)
      expect(seen).toHaveLength(2)
      server.advance(6000)
      await work(failsOnce)
      expect(seen.slice(2).map(([id]) => id)).toEqual(['1', '2'])
      expect(seen[2]).toEqual(['1', 2])
    })

    it('keeps poison apart after as many attempts as allowed, and lets its group go on', async () => {
      const { queue, work, lettersUrl } = await open(3)
      await queue.send([message('a', 'poison'), message('a', 'after')])
      const seen: string[] = []
      const consume: Consume = async ({ id }) => {
        seen.push(id)
        if (id === 'poison') throw new Error('no good')
      }
      for (let round = 0; round < 5; round += 1) {
        // One at a time, as the request queue has it.
        await work(consume, 1)
        server.advance(comesBackMs)
      }
      expect(seen).toEqual(['poison', 'poison', 'poison', 'after'])
      const letters = await receive(server.call, lettersUrl, 10)
      expect(letters.map(({ body }) => JSON.parse(body))).toMatchObject([
        { group: 'a', id: 'poison' },
      ])
      expect(letters[0]?.attributes.MessageGroupId).toBe('a')
    })

    it('counts for no failure of a message that it stood behind a failing one', async () => {
      const { queue, work, lettersUrl, options } = await open(10)
      await queue.send(['bad', 'worse', 'good', 'fine'].map((id) => message('a', id)))
      const tried = new Map<string, number[]>()
      const consume: Consume = async ({ id, receiveCount }) => {
        const counts = tried.get(id) ?? []
        tried.set(id, [...counts, receiveCount])
        // What is good fails once, as anything may.
        const fails = id === 'good' || id === 'fine' ? counts.length === 0 : true
        if (fails) throw new Error(`${id} fails`)
      }
      for (let round = 0; round < 16; round += 1) {
        await work(consume, 10, options)
        server.advance(comesBackMs)
      }
      expect(tried.get('bad')).toEqual([1, 2, 3, 4, 5])
      for (const id of ['good', 'fine']) {
        expect(tried.get(id), id).toHaveLength(2)
        expect(Math.max(...(tried.get(id) ?? [])), id).toBeLessThan(5)
      }
      const letters = await receive(server.call, lettersUrl, 10)
      expect(letters.map(({ body }) => JSON.parse(body).id).toSorted()).toEqual(['bad', 'worse'])
    })

    it('deletes of a batch what went well, and nothing behind a failure in its group', async () => {
      const { queue, work } = await open(5)
      const of = (group: string) => [1, 2, 3].map((each) => message(group, `${group}${each}`))
      await queue.send([...of('a'), ...of('b')])
      let isBroken = true
      const seen: string[] = []
      const consume: Consume = async ({ id }) => {
        if (isBroken && id === 'a2') throw new Error('not yet')
        seen.push(id)
      }
      await work(consume)
      expect(seen.toSorted()).toEqual(['a1', 'b1', 'b2', 'b3'])
      isBroken = false
      server.advance(comesBackMs)
      await work(consume)
      expect(seen.slice(4)).toEqual(['a2', 'a3'])
    })

    it('lets no second worker into a group while its first message is worked on', async () => {
      const { queue, queueUrl } = await open(5)
      await queue.send([message('a', '1'), message('a', '2'), message('b', '3')])
      const first = await receive(server.call, queueUrl, 1)
      const others = await receive(server.call, queueUrl, 10)
      const idOf = (body: string): unknown => JSON.parse(body).id
      expect(first.map(({ body }) => idOf(body))).toEqual(['1'])
      expect(others.map(({ body }) => idOf(body))).toEqual(['3'])
    })

    it('forwards a delayed message once, also where the delay queue hands it out twice', async () => {
      const { queue, work } = await open(5)
      await queue.send([message('a', 'later', 10)])
      server.advance(10_000)
      const seen: string[] = []
      const consume: Consume = async ({ id }) => void seen.push(id)
      await work(consume)
      server.advance(comesBackMs)
      await work(consume)
      expect(seen).toEqual(['later'])
    })
  })
})

function asSqsEvent(event: unknown): SqsEvent {
  const { Records: records } = Object(event)
  if (!Array.isArray(records)) throw new Error('no event of SQS')
  return { Records: records }
}
