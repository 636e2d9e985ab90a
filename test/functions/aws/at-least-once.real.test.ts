import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { driftless } from '../../aws/cli.ts'
import { describeStack } from '../../aws/describe-stack.ts'
import { pollOnce, sqsEvent } from '../../aws/event-source.ts'
import { callAs } from '../../aws/moto.ts'
import { callJson } from '../../aws/requests.ts'
import { receive } from '../../aws/sqs.ts'
import { isFunction, isWorker, type Play, startPlay } from './play.ts'
import { claimsOfWorkers } from './worker-claims.ts'

describeStack('deliveries that come more than once, late, or never', () => {
  let play: Play
  beforeAll(async () => {
    play = await startPlay()
  })
  afterAll(() => play?.stop())
  afterEach(() => play?.world.faultOf(() => undefined))

  it('applies once what is delivered five times', async () => {
    const from = play.mark()
    const after = await play.scene.pushText('delivered five times')
    for (const delivery of ['a', 'a', 'a', undefined, undefined]) await play.tell(after, delivery)
    await play.arrives('delivered five times')
    expect(play.since(from).slice(1)).toEqual(['delivered five times'])
  })

  it('applies once a message that two workers get at the same time', async () => {
    const from = play.mark()
    await play.tell(await play.scene.pushText('for two workers'))
    const queueUrl = play.world.stack.queues.get('RequestQueue') ?? ''
    const source = play.source('RequestQueue')
    const messages = await receive(play.world.moto.call, queueUrl, 1, 0)
    const event = sqsEvent({ queueArn: source.queueArn }, messages)
    const workers = await Promise.all([
      play.world.instance('reconcile'),
      play.world.instance('reconcile', 'another'),
    ])
    await Promise.all(workers.map(({ invoke }) => invoke(event)))
    await play.arrives('for two workers')
    expect(play.since(from).slice(1)).toEqual(['for two workers'])
  })

  it('never goes back, when the news of an older commit comes later', async () => {
    const from = play.mark()
    const older = await play.scene.pushText('older')
    const newer = await play.scene.pushText('newer')
    await play.tell(newer)
    await play.world.drain()
    await play.tell(older)
    await play.arrives('newer')
    await play.world.drain()
    play.world.advance(3 * 60 * 60_000)
    await play.tell(older, 'hours later')
    await play.world.drain()
    expect(await play.text()).toBe('newer')
    expect(play.since(from).slice(1)).toEqual(['newer'])
  })

  it('follows a force push from A to B and back to A, each told at once', async () => {
    const a = await play.scene.pushText('A')
    await play.tell(a)
    await play.arrives('A')
    const from = play.mark()
    const b = await play.scene.pushText('B')
    await play.tell(b)
    await play.arrives('B')
    await play.scene.forceTo(a)
    await play.tell(a)
    await play.arrives('A')
    expect(play.since(from)).toEqual(['A', 'B', 'A'])
  })

  it('ends at A where all three were told before anyone looked', async () => {
    await play.scene.pushText('A2')
    const a = await play.scene.pushText('A3')
    await play.tell(a)
    const b = await play.scene.pushText('B3')
    await play.tell(b)
    await play.scene.forceTo(a)
    await play.tell(a)
    await play.arrives('A3')
  })

  it('lets poison of any kind pass by, or keeps it apart, and goes on', async () => {
    const queueUrl = play.world.stack.queues.get('RequestQueue') ?? ''
    const envelope = (body: string) =>
      JSON.stringify({ version: 1, group: 'poison', id: 'x', body })
    const id = { cluster: 'nobody', kind: 'Kustomization', namespace: 'x', name: 'y' }
    const request = { id, cause: 'user', requestedAt: new Date(play.world.now()).toISOString() }
    const bodies = [
      '{',
      '[]',
      'null',
      envelope('{'),
      envelope('{"id":1}'),
      envelope(JSON.stringify(request)),
    ]
    for (const [index, body] of bodies.entries()) {
      await callJson(play.world.moto.call, 'sqs', 'AmazonSQS.SendMessage', {
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageGroupId: 'poison',
        MessageDeduplicationId: `poison-${index}`,
      })
    }
    await play.tell(await play.scene.pushText('after poison'))
    await play.world.drain()
    expect(await play.text()).toBe('after poison')
    // Nothing of it is left to come again.
    play.world.advance(2 * 60 * 60_000)
    expect(await receive(play.world.moto.call, queueUrl, 10, 0)).toEqual([])
  })

  it('keeps apart what fails for good, says why, and sends it again on demand', async () => {
    play.world.faultOf((action) => {
      const isLease = /\/leases\/.*\/GitRepository\//.test(action.resource)
      return isWorker(action) && isLease ? { status: 500, code: 'InternalError' } : undefined
    })
    await play.tell(await play.scene.pushText('failed for good'))
    for (let round = 0; round < 8; round += 1) {
      await play.world.drain()
      play.world.advance(61_000)
    }
    const letters = await driftless(play.world, 'queue', 'list')
    expect(letters).toContain(`GitRepository/${play.scene.namespace}/app`)
    expect(letters).toContain('500')
    play.world.faultOf(() => undefined)
    expect(await driftless(play.world, 'queue', 'redrive', '--all')).toContain('sent again')
    await play.world.drain()
    expect(await play.text()).toBe('failed for good')
    expect(await driftless(play.world, 'queue', 'list')).not.toContain('GitRepository')
  })

  it('brings back of a batch what failed, and nothing else', async () => {
    const source = play.source('RequestDelayQueue')
    await play.world.drain()
    for (const group of ['one', 'two', 'three']) {
      await callJson(play.world.moto.call, 'sqs', 'AmazonSQS.SendMessage', {
        QueueUrl: source.queueUrl,
        MessageBody: JSON.stringify({ version: 1, group, id: group, body: '{}' }),
      })
    }
    let sends = 0
    play.world.faultOf((action) => {
      if (!isWorker(action) || action.action !== 'sqs:SendMessage') return undefined
      sends += 1
      // The second message to be forwarded, at each attempt.
      return action.group === 'two' ? { status: 500, code: 'InternalError' } : undefined
    })
    const { invoke } = await play.world.instance('reconcile')
    const call = callAs('AKIDOFRECONCILE', play.world.proxy.url, () => new Date(play.world.now()))
    expect(await pollOnce(call, source, (event) => invoke(event))).toEqual({
      received: 3,
      deleted: 2,
    })
    expect(sends).toBeGreaterThan(3)
    play.world.faultOf(() => undefined)
    play.world.advance(2 * 60 * 60_000)
    expect(await pollOnce(call, source, (event) => invoke(event))).toEqual({
      received: 1,
      deleted: 1,
    })
    await play.world.drain()
  })

  claimsOfWorkers(() => play)

  it.each([-60, 60])('works with a clock that is %i minutes off', async (minutes) => {
    play.world.proxy.setClock(play.world.now() - Date.now() + minutes * 60_000)
    try {
      await play.tell(await play.scene.pushText(`${minutes} minutes off`))
      await play.world.drain()
      expect(await play.text()).toBe(`${minutes} minutes off`)
    } finally {
      play.world.advance(0)
    }
  })

  it('gets through while AWS throttles every other call', async () => {
    const from = play.mark()
    // Each first attempt at a thing; counted over all, calls side by side could use up their attempts.
    const counts = new Map<string, number>()
    play.world.faultOf((action) => {
      if (!isFunction(action)) return undefined
      const thing = `${action.by} ${action.action} ${action.resource}`
      const count = (counts.get(thing) ?? 0) + 1
      counts.set(thing, count)
      if (count % 2 === 0) return undefined
      return action.action.startsWith('s3:')
        ? { status: 503, code: 'SlowDown' }
        : { status: 429, code: 'ThrottlingException' }
    })
    await play.tell(await play.scene.pushText('throttled'))
    await play.arrives('throttled')
    expect(play.since(from).slice(1)).toEqual(['throttled'])
  })
})
