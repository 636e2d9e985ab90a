import { expect, it } from 'vitest'
import { pollOnce, sqsEvent } from '../../aws/event-source.ts'
import { callAs } from '../../aws/moto.ts'
import { receive } from '../../aws/sqs.ts'
import { isWorker, type Play, waitFor } from './play.ts'

/** `DRIFTLESS_FAULTS=all` kills and freezes at many more calls. */
const { DRIFTLESS_FAULTS: extent = '' } = process.env

/** What holds of workers that are killed, run out of time, or freeze and come back. */
export function claimsOfWorkers(current: () => Play): void {
  it.each(extent === 'all' ? [3, 6, 9, 12, 15, 18, 21, 24, 27, 30] : [9, 21])(
    'converges when the worker is killed at its call %i',
    async (count) => {
      const play = current()
      const from = play.mark()
      const title = `killed at ${count}`
      const { kill } = await play.world.instance('reconcile')
      play.atCall(count, () => {
        kill()
        return 'reset'
      })
      await play.tell(await play.scene.pushText(title))
      await play.world.drain()
      play.comeBack()
      await play.arrives(title)
      expect(play.since(from).slice(1)).toEqual([title])
    },
  )

  it('converges when the worker runs into its time limit', async () => {
    const play = current()
    const from = play.mark()
    const { invoke } = await play.world.instance('reconcile')
    play.world.faultOf((action) =>
      isWorker(action) && action.action === 's3:PutObject' ? 'hang' : undefined,
    )
    await play.tell(await play.scene.pushText('too slow'))
    const source = play.source('RequestQueue')
    let fault: unknown
    const call = callAs('AKIDOFRECONCILE', play.world.proxy.url, () => new Date(play.world.now()))
    await pollOnce(call, source, (event) =>
      invoke(event, { killAfterMs: 4000 }).catch((thrown: unknown) => {
        fault = thrown
        throw thrown
      }),
    )
    expect(String(fault)).toContain('Task timed out after 4 seconds')
    play.world.faultOf(() => undefined)
    play.comeBack()
    await play.arrives('too slow')
    expect(play.since(from).slice(1)).toEqual(['too slow'])
  })

  it.each(extent === 'all' ? [4, 7, 10, 13, 16, 19, 22, 25, 28] : [4, 16])(
    'keeps a worker that was frozen at its call %i from writing what is old',
    async (count) => {
      const play = current()
      const from = play.mark()
      const title = `seen by a worker frozen at ${count}`
      const frozen = await play.world.instance('reconcile', `frozen at ${count}`)
      const queueUrl = play.world.stack.queues.get('RequestQueue') ?? ''
      const source = play.source('RequestQueue')
      await play.tell(await play.scene.pushText(title))
      let isFrozen = false
      play.atCall(count, () => {
        frozen.freeze()
        isFrozen = true
        return undefined
      })
      // It takes one message after the other until it is frozen, as Lambda would hand them to it.
      const ended: Promise<unknown>[] = []
      for (let taken = 0; taken < 10 && !isFrozen; taken += 1) {
        const messages = await receive(play.world.moto.call, queueUrl, 1)
        if (messages.length === 0) break
        const event = sqsEvent({ queueArn: source.queueArn }, messages)
        const invocation = frozen.invoke(event).catch((thrown: unknown) => thrown)
        ended.push(invocation)
        await Promise.race([invocation, waitFor(() => isFrozen)])
      }
      expect(isFrozen).toBe(true)
      play.world.faultOf(() => undefined)
      // Its lease runs out, and its message comes to another worker, after another push.
      await play.scene.pushText(`newer than ${count}`)
      play.comeBack()
      await play.arrives(`newer than ${count}`)
      frozen.thaw()
      await Promise.all(ended)
      await play.world.drain()
      await play.world.until('all is quiet', async () => (await play.world.drain()) === 0, 10)
      expect(await play.text()).toBe(`newer than ${count}`)
      const written = play.since(from).slice(1)
      expect(written.at(-1)).toBe(`newer than ${count}`)
      expect(written.lastIndexOf(title)).toBeLessThan(written.length - 1)
      await frozen.stop()
    },
  )
}
