import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { AwsAction } from '../../aws/aws-action.ts'
import type { Fault } from '../../aws/aws-proxy.ts'
import { driftless } from '../../aws/cli.ts'
import { describeStack } from '../../aws/describe-stack.ts'
import { pollOnce, sqsEvent } from '../../aws/event-source.ts'
import { githubPush } from '../../aws/faces.ts'
import { callAs } from '../../aws/moto.ts'
import { callJson } from '../../aws/requests.ts'
import { createScene, type Scene } from '../../aws/scene.ts'
import { receive } from '../../aws/sqs.ts'
import { type WatchedText, watchText } from '../../aws/watch-text.ts'
import { startWorld, type World } from '../../aws/world.ts'
import { sharedControlPlane } from '../../peers/shared-control-plane.ts'

/** `DRIFTLESS_FAULTS=all` kills and freezes at many more calls. */
const { DRIFTLESS_FAULTS: extent = '' } = process.env

describeStack('deliveries that come more than once, late, or never', () => {
  let world: World
  let scene: Scene
  let watched: WatchedText

  beforeAll(async () => {
    const controlPlane = await sharedControlPlane()
    world = await startWorld()
    scene = await createScene(world, controlPlane)
    const path = `/api/v1/namespaces/${scene.namespace}/configmaps/app`
    watched = await watchText(controlPlane, path, 'text')
    await arrives('first')
  }, 300_000)
  afterAll(async () => {
    watched?.stop()
    await world?.stop()
  })
  afterEach(() => world?.faultOf(() => undefined))

  const text = async (): Promise<string | undefined> => (await scene.configMap('app'))?.text
  /** Also the watch has seen it then, which may lag behind a read. */
  const arrives = (wanted: string) =>
    world.until(`${wanted} is there`, async () => {
      if ((await text()) !== wanted) return false
      await waitFor(() => watched.texts().at(-1) === wanted)
      return true
    })
  const tell = async (after: string, delivery?: string): Promise<void> => {
    const given = delivery === undefined ? {} : { delivery }
    const { status } = await githubPush(world, { repository: scene.repository, after, ...given })
    expect(status).toBe(202)
  }
  /** What a worker was given that never answered is given to another one after that time. */
  const comeBack = (): void => world.advance(5401 * 1000)
  /** What was written to the cluster since, beginning with what stood there. */
  const since = (from: number): readonly string[] => watched.texts().slice(from - 1)
  const mark = (): number => watched.texts().length
  const isFunction = ({ by }: AwsAction): boolean => by.startsWith('AKIDOF')
  const isWorker = ({ by }: AwsAction): boolean => by === 'AKIDOFRECONCILE'
  /** Does something at so many-th call of the worker, before it is answered. */
  const atCall = (count: number, act: () => Fault | undefined): void => {
    let seen = 0
    world.faultOf((action) => {
      if (!isWorker(action)) return undefined
      seen += 1
      return seen === count ? act() : undefined
    })
  }

  it('applies once what is delivered five times', async () => {
    const from = mark()
    const after = await scene.pushText('delivered five times')
    for (const delivery of ['a', 'a', 'a', undefined, undefined]) await tell(after, delivery)
    await arrives('delivered five times')
    expect(since(from).slice(1)).toEqual(['delivered five times'])
  })

  it('applies once a message that two workers get at the same time', async () => {
    const from = mark()
    await tell(await scene.pushText('for two workers'))
    const queueUrl = world.stack.queues.get('RequestQueue') ?? ''
    const source = (world.stack.eventSources.get('reconcile') ?? []).find((one) =>
      one.queueArn.includes('RequestQueue'),
    )
    const messages = await receive(world.moto.call, queueUrl, 1, 0)
    const event = sqsEvent({ queueArn: source?.queueArn ?? '' }, messages)
    const workers = await Promise.all([
      world.instance('reconcile'),
      world.instance('reconcile', 'another'),
    ])
    await Promise.all(workers.map(({ invoke }) => invoke(event)))
    await arrives('for two workers')
    expect(since(from).slice(1)).toEqual(['for two workers'])
  })

  it('never goes back, when the news of an older commit comes later', async () => {
    const from = mark()
    const older = await scene.pushText('older')
    const newer = await scene.pushText('newer')
    await tell(newer)
    await world.drain()
    await tell(older)
    await arrives('newer')
    await world.drain()
    world.advance(3 * 60 * 60_000)
    await tell(older, 'hours later')
    await world.drain()
    expect(await text()).toBe('newer')
    expect(since(from).slice(1)).toEqual(['newer'])
  })

  it('follows a force push from A to B and back to A, each told at once', async () => {
    const a = await scene.pushText('A')
    await tell(a)
    await arrives('A')
    const from = mark()
    const b = await scene.pushText('B')
    await tell(b)
    await arrives('B')
    await scene.forceTo(a)
    await tell(a)
    await arrives('A')
    expect(since(from)).toEqual(['A', 'B', 'A'])
  })

  it('ends at A where all three were told before anyone looked', async () => {
    await scene.pushText('A2')
    const a = await scene.pushText('A3')
    await tell(a)
    const b = await scene.pushText('B3')
    await tell(b)
    await scene.forceTo(a)
    await tell(a)
    await arrives('A3')
  })

  it('lets poison of any kind pass by, or keeps it apart, and goes on', async () => {
    const queueUrl = world.stack.queues.get('RequestQueue') ?? ''
    const envelope = (body: string) =>
      JSON.stringify({ version: 1, group: 'poison', id: 'x', body })
    const id = { cluster: 'nobody', kind: 'Kustomization', namespace: 'x', name: 'y' }
    const request = { id, cause: 'user', requestedAt: new Date(world.now()).toISOString() }
    const bodies = [
      '{',
      '[]',
      'null',
      envelope('{'),
      envelope('{"id":1}'),
      envelope(JSON.stringify(request)),
    ]
    for (const [index, body] of bodies.entries()) {
      await callJson(world.moto.call, 'sqs', 'AmazonSQS.SendMessage', {
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageGroupId: 'poison',
        MessageDeduplicationId: `poison-${index}`,
      })
    }
    await tell(await scene.pushText('after poison'))
    await world.drain()
    expect(await text()).toBe('after poison')
    // Nothing of it is left to come again.
    world.advance(2 * 60 * 60_000)
    expect(await receive(world.moto.call, queueUrl, 10, 0)).toEqual([])
  })

  it('keeps apart what fails for good, says why, and sends it again on demand', async () => {
    world.faultOf((action) => {
      const isLease = /\/leases\/.*\/GitRepository\//.test(action.resource)
      return isWorker(action) && isLease ? { status: 500, code: 'InternalError' } : undefined
    })
    await tell(await scene.pushText('failed for good'))
    for (let round = 0; round < 8; round += 1) {
      await world.drain()
      world.advance(61_000)
    }
    const letters = await driftless(world, 'queue', 'list')
    expect(letters).toContain(`GitRepository/${scene.namespace}/app`)
    expect(letters).toContain('500')
    world.faultOf(() => undefined)
    expect(await driftless(world, 'queue', 'redrive', '--all')).toContain('sent again')
    await world.drain()
    expect(await text()).toBe('failed for good')
    expect(await driftless(world, 'queue', 'list')).not.toContain('GitRepository')
  })

  it('brings back of a batch what failed, and nothing else', async () => {
    const source = (world.stack.eventSources.get('reconcile') ?? []).find((one) =>
      one.queueArn.includes('RequestDelayQueue'),
    )
    if (source === undefined) throw new Error('no event source of the delay queue')
    await world.drain()
    for (const group of ['one', 'two', 'three']) {
      await callJson(world.moto.call, 'sqs', 'AmazonSQS.SendMessage', {
        QueueUrl: source.queueUrl,
        MessageBody: JSON.stringify({ version: 1, group, id: group, body: '{}' }),
      })
    }
    let sends = 0
    world.faultOf((action) => {
      if (!isWorker(action) || action.action !== 'sqs:SendMessage') return undefined
      sends += 1
      // The second message to be forwarded, at each attempt.
      return action.group === 'two' ? { status: 500, code: 'InternalError' } : undefined
    })
    const { invoke } = await world.instance('reconcile')
    const call = callAs('AKIDOFRECONCILE', world.proxy.url, () => new Date(world.now()))
    expect(await pollOnce(call, source, (event) => invoke(event))).toEqual({
      received: 3,
      deleted: 2,
    })
    expect(sends).toBeGreaterThan(3)
    world.faultOf(() => undefined)
    world.advance(2 * 60 * 60_000)
    expect(await pollOnce(call, source, (event) => invoke(event))).toEqual({
      received: 1,
      deleted: 1,
    })
    await world.drain()
  })

  it.each(extent === 'all' ? [3, 6, 9, 12, 15, 18, 21, 24, 27, 30] : [9, 21])(
    'converges when the worker is killed at its call %i',
    async (count) => {
      const from = mark()
      const title = `killed at ${count}`
      const { kill } = await world.instance('reconcile')
      atCall(count, () => {
        kill()
        return 'reset'
      })
      await tell(await scene.pushText(title))
      await world.drain()
      comeBack()
      await arrives(title)
      expect(since(from).slice(1)).toEqual([title])
    },
  )

  it('converges when the worker runs into its time limit', async () => {
    const from = mark()
    const { invoke } = await world.instance('reconcile')
    world.faultOf((action) =>
      isWorker(action) && action.action === 's3:PutObject' ? 'hang' : undefined,
    )
    await tell(await scene.pushText('too slow'))
    const source = (world.stack.eventSources.get('reconcile') ?? []).find((one) =>
      one.queueArn.includes('RequestQueue'),
    )
    if (source === undefined) throw new Error('no event source of the request queue')
    let fault: unknown
    const call = callAs('AKIDOFRECONCILE', world.proxy.url, () => new Date(world.now()))
    await pollOnce(call, source, (event) =>
      invoke(event, { killAfterMs: 4000 }).catch((thrown: unknown) => {
        fault = thrown
        throw thrown
      }),
    )
    expect(String(fault)).toContain('Task timed out after 4 seconds')
    world.faultOf(() => undefined)
    comeBack()
    await arrives('too slow')
    expect(since(from).slice(1)).toEqual(['too slow'])
  })

  it.each(extent === 'all' ? [4, 7, 10, 13, 16, 19, 22, 25, 28] : [4, 16])(
    'keeps a worker that was frozen at its call %i from writing what is old',
    async (count) => {
      const from = mark()
      const title = `seen by a worker frozen at ${count}`
      const frozen = await world.instance('reconcile', `frozen at ${count}`)
      const queueUrl = world.stack.queues.get('RequestQueue') ?? ''
      const source = (world.stack.eventSources.get('reconcile') ?? []).find((one) =>
        one.queueArn.includes('RequestQueue'),
      )
      await tell(await scene.pushText(title))
      let isFrozen = false
      atCall(count, () => {
        frozen.freeze()
        isFrozen = true
        return undefined
      })
      // It takes one message after the other until it is frozen, as Lambda would hand them to it.
      const ended: Promise<unknown>[] = []
      for (let taken = 0; taken < 10 && !isFrozen; taken += 1) {
        const messages = await receive(world.moto.call, queueUrl, 1)
        if (messages.length === 0) break
        const event = sqsEvent({ queueArn: source?.queueArn ?? '' }, messages)
        const invocation = frozen.invoke(event).catch((thrown: unknown) => thrown)
        ended.push(invocation)
        await Promise.race([invocation, waitFor(() => isFrozen)])
      }
      expect(isFrozen).toBe(true)
      world.faultOf(() => undefined)
      // Its lease runs out, and its message comes to another worker, after another push.
      await scene.pushText(`newer than ${count}`)
      comeBack()
      await arrives(`newer than ${count}`)
      frozen.thaw()
      await Promise.all(ended)
      await world.drain()
      await world.until('all is quiet', async () => (await world.drain()) === 0, 10)
      expect(await text()).toBe(`newer than ${count}`)
      const written = since(from).slice(1)
      expect(written.at(-1)).toBe(`newer than ${count}`)
      expect(written.lastIndexOf(title)).toBeLessThan(written.length - 1)
      await frozen.stop()
    },
  )

  it.each([-60, 60])('works with a clock that is %i minutes off', async (minutes) => {
    world.proxy.setClock(world.now() - Date.now() + minutes * 60_000)
    try {
      await tell(await scene.pushText(`${minutes} minutes off`))
      await world.drain()
      expect(await text()).toBe(`${minutes} minutes off`)
    } finally {
      world.advance(0)
    }
  })

  it('gets through while AWS throttles every other call', async () => {
    const from = mark()
    // Each first attempt at a thing; counted over all, calls side by side could use up their attempts.
    const counts = new Map<string, number>()
    world.faultOf((action) => {
      if (!isFunction(action)) return undefined
      const thing = `${action.by} ${action.action} ${action.resource}`
      const count = (counts.get(thing) ?? 0) + 1
      counts.set(thing, count)
      if (count % 2 === 0) return undefined
      return action.action.startsWith('s3:')
        ? { status: 503, code: 'SlowDown' }
        : { status: 429, code: 'ThrottlingException' }
    })
    await tell(await scene.pushText('throttled'))
    await arrives('throttled')
    expect(since(from).slice(1)).toEqual(['throttled'])
  })
})

async function waitFor(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5))
}
