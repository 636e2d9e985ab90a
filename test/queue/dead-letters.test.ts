import { beforeEach, describe, expect, it } from 'vitest'
import type { DeadLetterDesk } from '../../lib/queue/dead-letters.ts'
import { formatDeadLetter, formatEnvelope, parseEnvelope } from '../../lib/queue/envelope.ts'
import type { SqsCall } from '../../lib/queue/sqs-call.ts'
import { createSqsDesk } from '../../lib/queue/sqs-dead-letters.ts'
import { message } from './contract.ts'
import { createFakeSqs, type FakeSqs } from './fake-sqs.ts'

const death = { error: 'the state bucket cannot be used', failedAt: '2026-11-23T10:00:00Z' }
const queues = [
  { name: 'requests', url: 'dead.fifo', target: 'requests.fifo' },
  { name: 'requests', url: 'dead', target: 'requests.fifo' },
  { name: 'triggers', url: 'triggers' },
] as const

describe('dead letters on SQS', () => {
  let sqs: FakeSqs
  let desk: DeadLetterDesk
  beforeEach(() => {
    sqs = createFakeSqs()
    const call: SqsCall = async ({ headers, body }) => {
      const answer = sqs.answer(headers['x-amz-target'] ?? '', body)
      return { status: answer.status, body: new TextEncoder().encode(answer.body) }
    }
    desk = createSqsDesk(call, queues)
  })

  it('are told with their reason, and stay where they are', async () => {
    const text = formatDeadLetter(message('here/Kustomization/a/b', '1'), {
      ...death,
      receiveCount: 5,
    })
    const buried = sqs.put('dead.fifo', text, 'g')
    const given = sqs.put('dead', formatEnvelope(message('here/Bucket/a/b', '2')))
    const trigger = sqs.put('triggers', '{"source":"aws.scheduler"}')
    const told = [
      {
        queue: 'requests',
        id: buried,
        about: 'here/Kustomization/a/b',
        receiveCount: 5,
        ...death,
      },
      {
        queue: 'requests',
        id: given,
        about: 'here/Bucket/a/b',
        receiveCount: 0,
        failedAt: '',
        error: expect.stringContaining('without an end'),
      },
      expect.objectContaining({ queue: 'triggers', id: trigger, about: 'the event of a trigger' }),
    ]
    expect(await desk.list()).toEqual(told)
    expect(await desk.list()).toEqual(told)
  })

  it('are sent again to the queue they came from, those that were named', async () => {
    const [first, second] = ['1', '2'].map((id) =>
      sqs.put('dead.fifo', formatDeadLetter(message('a', id), { ...death, receiveCount: 5 }), 'a'),
    )
    expect(await desk.redrive([second ?? ''])).toEqual([second])
    expect(sqs.in('dead.fifo').map(({ id }) => id)).toEqual([first])
    expect(sqs.in('requests.fifo').map(({ body }) => parseEnvelope(body))).toEqual([
      message('a', '2'),
    ])
  })

  it('are sent again all of them, but for what a trigger could not hand over', async () => {
    for (let id = 0; id < 25; id += 1) {
      sqs.put('dead.fifo', formatEnvelope(message('a', `${id}`)), 'a')
    }
    sqs.put('dead', 'no envelope')
    sqs.put('triggers', '{}')
    expect(await desk.redrive()).toHaveLength(26)
    expect(sqs.in('requests.fifo')).toHaveLength(26)
    expect([...sqs.in('dead.fifo'), ...sqs.in('dead')]).toEqual([])
    expect(sqs.in('triggers')).toHaveLength(1)
    expect(await desk.redrive()).toEqual([])
  })

  it('go by the id of their message too', async () => {
    sqs.put('dead.fifo', formatEnvelope(message('a', 'due/x')))
    expect(await desk.redrive(['due/x'])).toHaveLength(1)
    expect(await desk.redrive(['due/y'])).toEqual([])
  })
})
