import { describe, expect, it } from 'vitest'
import { formatEnvelope } from '../../lib/queue/envelope.ts'
import type { Consume, Delivery, Message } from '../../lib/queue/queue.ts'
import { poisonMessage } from '../../lib/queue/queue-error.ts'
import { consumeSqsEvent, forwardSqsEvent, type SqsRecord } from '../../lib/queue/sqs-events.ts'
import { message } from './contract.ts'

function record(group: string, id: string, receiveCount = 1): SqsRecord {
  return {
    messageId: `sqs-${id}`,
    body: formatEnvelope(message(group, id)),
    attributes: { ApproximateReceiveCount: String(receiveCount), MessageGroupId: group },
  }
}

const failures = (...ids: readonly string[]) => ({
  batchItemFailures: ids.map((id) => ({ itemIdentifier: `sqs-${id}` })),
})

describe('an event of SQS', () => {
  it('is worked off in the order of its groups', async () => {
    const seen: Delivery[] = []
    const Records = [record('a', '1'), record('b', '2', 3), record('a', '3')]
    const answer = await consumeSqsEvent({ Records }, async (delivery) => {
      seen.push(delivery)
    })
    expect(answer).toEqual(failures())
    expect(seen.filter(({ group }) => group === 'a').map(({ id }) => id)).toEqual(['1', '3'])
    expect(seen).toContainEqual({ group: 'b', id: '2', body: '{"id":"2"}', receiveCount: 3 })
  })

  it('works on different groups side by side, on one of a group at a time', async () => {
    let working: readonly string[] = []
    let most = 0
    const Records = [record('a', '1'), record('a', '2'), record('b', '3')]
    await consumeSqsEvent({ Records }, async ({ group }) => {
      expect(working).not.toContain(group)
      working = [...working, group]
      most = Math.max(most, working.length)
      await new Promise((resolve) => setImmediate(resolve))
      working = working.filter((other) => other !== group)
    })
    expect(most).toBe(2)
  })

  it('renews what was handed out three times and never begun, in order, and gives back the rest', async () => {
    const renewed: string[] = []
    const Records = [
      record('a', 'bad', 4),
      record('a', '1', 2),
      record('a', '2', 3),
      record('a', '3'),
      record('b', 'other', 3),
    ]
    const fail: Consume = async ({ id }) => {
      if (id === 'bad') throw new Error('broken')
    }
    const renew = async ({ id }: Message, messageId: string) =>
      void renewed.push(`${id} ${messageId}`)
    expect(await consumeSqsEvent({ Records }, fail, { renew })).toEqual(failures('bad', '1'))
    expect(renewed).toEqual(['2 sqs-2', '3 sqs-3'])
  })

  it('renews also what there was no time for', async () => {
    const renewed: string[] = []
    const options = {
      hasTime: () => false,
      renew: async ({ id }: Message) => void renewed.push(id),
    }
    const Records = [record('a', '1', 3), record('b', '2')]
    expect(await consumeSqsEvent({ Records }, async () => {}, options)).toEqual(failures('2'))
    expect(renewed).toEqual(['1'])
  })

  it('gives back what could not be renewed, with all behind it', async () => {
    const reported: string[] = []
    const Records = ['bad', '1', '2', '3'].map((id) => record('a', id, 3))
    const answer = await consumeSqsEvent(
      { Records },
      async () => Promise.reject(new Error('broken')),
      {
        report: (id, thrown) => reported.push(`${id} ${thrown}`),
        renew: async ({ id }) => {
          if (id === '2') throw new Error('throttled')
        },
      },
    )
    expect(answer).toEqual(failures('bad', '2', '3'))
    expect(reported).toEqual(['sqs-bad Error: broken', 'sqs-2 Error: throttled'])
  })

  it('stops a group at its first failure and gives back all that stands behind it', async () => {
    const seen: string[] = []
    const reported: unknown[] = []
    const Records = ['1', '2', '3', '4'].map((id) => record('a', id)).concat(record('b', '5'))
    const answer = await consumeSqsEvent(
      { Records },
      async ({ id }) => {
        seen.push(id)
        if (id === '2') throw new Error('broken')
      },
      { report: (id, thrown) => reported.push([id, String(thrown)]) },
    )
    expect(answer).toEqual(failures('2', '3', '4'))
    expect(seen.sort()).toEqual(['1', '2', '5'])
    expect(reported).toEqual([['sqs-2', 'Error: broken']])
  })

  it('gives back untouched what there is no time for', async () => {
    const seen: string[] = []
    const Records = ['1', '2', '3'].map((id) => record('a', id))
    const consume = async ({ id }: Delivery) => {
      seen.push(id)
    }
    const answer = await consumeSqsEvent({ Records }, consume, { hasTime: () => seen.length < 1 })
    expect(answer).toEqual(failures('2', '3'))
    expect(seen).toEqual(['1'])
  })

  const burying = () => {
    const buried: unknown[] = []
    const bury = async (...args: readonly unknown[]) => {
      buried.push(args)
    }
    return { buried, bury, now: () => new Date('2026-11-23T10:00:00Z') }
  }

  it('takes a poison message out of the way of its group at once, with the reason', async () => {
    const { buried, ...options } = burying()
    const seen: string[] = []
    const consume = async ({ id }: Delivery) => {
      if (id === '1') throw poisonMessage('no request')
      seen.push(id)
    }
    const Records = ['1', '2'].map((id) => record('a', id))
    expect(await consumeSqsEvent({ Records }, consume, options)).toEqual(failures())
    expect(seen).toEqual(['2'])
    const death = {
      error: expect.stringContaining('no request'),
      failedAt: '2026-11-23T10:00:00.000Z',
      receiveCount: 1,
    }
    expect(buried).toEqual([[{ ...message('a', '1'), receiveCount: 1 }, death, 'sqs-1']])
  })

  it('takes what failed five times out of the way, and tells no secret', async () => {
    const { buried, ...options } = burying()
    const consume = async () => {
      throw new Error('Authorization: Bearer abc.def.ghi refused')
    }
    const fourth = { Records: [record('a', '1', 4), record('a', '2')] }
    expect(await consumeSqsEvent(fourth, consume, options)).toEqual(failures('1', '2'))
    const fifth = { Records: [record('a', '1', 5), record('b', '2', 5)] }
    expect(await consumeSqsEvent(fifth, consume, options)).toEqual(failures())
    expect(JSON.stringify(buried)).toContain('Authorization: ***')
    expect(JSON.stringify(buried)).not.toContain('abc.def')
  })

  it('leaves it to the queue where it cannot be taken out of the way', async () => {
    const consume = async () => {
      throw poisonMessage('no request')
    }
    const bury = async () => {
      throw new Error('throttled')
    }
    const Records = [record('a', '1'), record('a', '2')]
    expect(await consumeSqsEvent({ Records }, consume, { bury })).toEqual(failures('1', '2'))
    expect(await consumeSqsEvent({ Records }, consume)).toEqual(failures('1', '2'))
  })

  it('hands on a text that is none of ours as it is', async () => {
    const texts = ['no json', '{"version":2,"group":"a","id":"b","body":"c"}', '[]', 'null']
    const seen: string[] = []
    const Records = texts.map((body, index) => ({ ...record('a', String(index)), body }))
    await consumeSqsEvent({ Records }, async ({ body, id }) => {
      expect(id).toMatch(/^sqs-/)
      seen.push(body)
    })
    expect(seen).toEqual(texts)
  })
})

describe('an event of the delay queue', () => {
  const due = (id: string) => ({ ...record('a', id), attributes: { ApproximateReceiveCount: '1' } })

  it('is forwarded, each record under its own id', async () => {
    const sent: unknown[] = []
    const answer = await forwardSqsEvent(
      { Records: [due('1'), due('2')] },
      async (one, doubleOf) => {
        sent.push([one.group, one.id, doubleOf])
      },
    )
    expect(answer).toEqual(failures())
    expect(sent).toEqual([
      ['a', '1', 'sqs-1'],
      ['a', '2', 'sqs-2'],
    ])
  })

  it('gives back what could not be forwarded, and only that', async () => {
    const answer = await forwardSqsEvent(
      { Records: [due('1'), due('2'), due('3')] },
      async ({ id }) => {
        if (id === '2') throw new Error('throttled')
      },
    )
    expect(answer).toEqual(failures('2'))
  })
})
