import { afterEach, describe, expect, it } from 'vitest'
import { parseDeath, parseEnvelope } from '../../lib/queue/envelope.ts'
import { createSqsBurial, createSqsForward, createSqsQueue } from '../../lib/queue/sqs.ts'
import { message } from './contract.ts'
import { type Entry, type SqsServer, startSqsServer } from './sqs-server.ts'

describe('a queue on SQS', () => {
  let server: SqsServer | undefined
  afterEach(() => server?.close())
  const open = async (accepts?: (entry: Entry, attempt: number) => boolean) => {
    const started = await startSqsServer(accepts)
    server = started
    const waits: number[] = []
    const queue = createSqsQueue({
      call: started.call,
      queueUrl: `${started.url}/1/requests.fifo`,
      delayQueueUrl: `${started.url}/1/delayed`,
      random: () => 0.5,
      wait: async (ms) => {
        waits.push(ms)
      },
    })
    return { queue, waits, batches: started.batches, call: started.call, url: started.url }
  }

  it('sends ten messages a batch, in order, each with its group and id', async () => {
    const { queue, batches } = await open()
    const messages = Array.from({ length: 23 }, (_, index) => message(`g${index % 2}`, `m${index}`))
    await queue.send(messages)
    expect(batches().map(({ entries }) => entries.length)).toEqual([10, 10, 3])
    const entries = batches().flatMap((batch) => batch.entries)
    expect(entries.map((entry) => parseEnvelope(entry.MessageBody))).toEqual(messages)
    expect(entries[1]).toMatchObject({ MessageGroupId: 'g1', MessageDeduplicationId: 'm1' })
    expect(batches()[0]?.queueUrl).toMatch(/requests\.fifo$/)
  })

  it('sends what must wait through the delay queue, in whole seconds', async () => {
    const { queue, batches } = await open()
    await queue.send([message('a', 'later', 1.2), message('a', 'now'), message('a', 'last', 900)])
    const [present, delayed] = batches()
    expect(present?.entries).toHaveLength(1)
    expect(delayed?.queueUrl).toMatch(/delayed$/)
    expect(delayed?.entries.map((entry) => entry.DelaySeconds)).toEqual([2, 900])
    expect(delayed?.entries[0]?.MessageGroupId).toBeUndefined()
  })

  it('gives long and odd names their hash, and carries them whole in the body', async () => {
    const { queue, batches } = await open()
    const group = `cluster/Kustomization/${'n'.repeat(63)}/${'k'.repeat(253)}`
    await queue.send([message(group, 'é ü'), message('sha256:forged', 'ok')])
    const entries = batches()[0]?.entries ?? []
    expect(entries[0]?.MessageGroupId).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(entries[0]?.MessageDeduplicationId).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(parseEnvelope(entries[0]?.MessageBody ?? '')).toMatchObject({ group, id: 'é ü' })
    expect(entries[1]?.MessageGroupId).not.toBe('sha256:forged')
  })

  it('keeps each batch below the size that SQS takes', async () => {
    const { queue, batches } = await open()
    const body = JSON.stringify('x'.repeat(100_000))
    await queue.send(['1', '2', '3', '4', '5'].map((id) => ({ group: 'a', id, body })))
    expect(batches().map(({ entries }) => entries.length)).toEqual([2, 2, 1])
  })

  it('sends again what SQS did not accept, and only that', async () => {
    const { queue, batches, waits } = await open(
      (entry, attempt) => entry.Id !== '1' || attempt > 2,
    )
    await queue.send([message('a', '0'), message('a', '1'), message('a', '2')])
    const sent = batches().map(({ entries }) => entries.map((entry) => entry.Id))
    expect(sent).toEqual([['0', '1', '2'], ['1'], ['1']])
    expect(waits).toEqual([200, 400])
  })

  it('says so when SQS will not take a message', async () => {
    const { queue } = await open(() => false)
    await expect(queue.send([message('a', '0')])).rejects.toMatchObject({
      code: 'SendFailed',
      retryable: true,
      message: '1 of 1 messages were not accepted by SQS: InternalError try again',
    })
  })

  it('sends nothing for no messages, and nothing of a bad batch', async () => {
    const { queue, batches } = await open()
    await queue.send([])
    await expect(queue.send([message('a', '0'), message('', '1')])).rejects.toMatchObject({
      code: 'InvalidMessage',
    })
    expect(batches()).toEqual([])
  })

  it('forwards a delayed message under an id of its own', async () => {
    const { call, url, batches } = await open()
    const forward = createSqsForward({ call, queueUrl: `${url}/1/requests.fifo` })
    await forward(message('a', 'resume'), 'record-7')
    expect(batches()[0]?.entries[0]).toMatchObject({
      MessageGroupId: 'a',
      MessageDeduplicationId: 'record-7',
    })
    expect(parseEnvelope(batches()[0]?.entries[0]?.MessageBody ?? '')?.id).toBe('resume')
  })
})

describe('a dead letter on SQS', () => {
  it('is its message, with how it came there', async () => {
    const server = await startSqsServer()
    const deadLettersUrl = `${server.url}/1/dead.fifo`
    const bury = createSqsBurial({ call: server.call, deadLettersUrl })
    const death = { error: 'broken', failedAt: '2026-11-23T10:00:00Z', receiveCount: 5 }
    await bury(message('a', 'b'), death, 'sqs-1')
    const [batch] = server.batches()
    await server.close()
    const [entry] = batch?.entries ?? []
    expect(batch?.queueUrl).toBe(deadLettersUrl)
    // A group of its own, so that none hides behind another.
    expect(entry).toMatchObject({ MessageGroupId: 'sqs-1', MessageDeduplicationId: 'sqs-1' })
    expect(parseEnvelope(entry?.MessageBody ?? '')).toEqual(message('a', 'b'))
    expect(parseDeath(entry?.MessageBody ?? '')).toEqual(death)
    for (const text of ['', 'null', '[]', '{"death":1}', '{"death":{"error":1}}']) {
      expect(parseDeath(text)).toBeUndefined()
    }
  })
})
