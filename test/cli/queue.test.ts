import { join } from 'node:path'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatDeadLetter } from '../../lib/queue/envelope.ts'
import { createLocalQueue } from '../../lib/queue/local.ts'
import { createLocalDesk } from '../../lib/queue/local-dead-letters.ts'
import { tryProcessLock } from '../../lib/store/process-lock.ts'
import { createDeadLettersApi } from '../../lib/web/dead-letters-api.ts'
import { createFakeSqs } from '../queue/fake-sqs.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts'
import { type AwsWorld, createAwsWorld } from './aws-world.ts'

const letter = { group: 'here/Kustomization/flux-system/apps', id: 'push-1', body: '{}' }
const failedAt = '2026-11-23T10:00:00Z'
const header = 'QUEUE   \tID'

let folder: TemporaryFolder
let world: AwsWorld
beforeEach(async () => {
  folder = await createTemporaryFolder()
  world = await createAwsWorld(folder.path)
})
afterEach(async () => {
  await world.close()
  await folder.remove()
})

function openQueue() {
  const directory = join(folder.path, '.driftless', 'queues', 'requests')
  return createLocalQueue({ directory, lock: tryProcessLock, maxReceives: 1 })
}

/** A queue with one dead letter, as `serve` leaves it. */
async function buryOne(): Promise<void> {
  const queue = openQueue()
  await queue.queue.send([letter])
  queue.start(async () => {
    throw new Error('the disk is full')
  })
  await queue.whenIdle()
  await queue.stop()
}

describe('driftless queue, where no serve runs', () => {
  it('tells what failed, why, and what to do', async () => {
    await buryOne()
    const { exit, stdout, stderr } = await world.run('queue', 'list')
    expect(exit).toBe(0)
    expect(stdout).toContain(header)
    expect(stdout).toMatch(
      /^requests\tpush-1\there\/Kustomization\/flux-system\/apps\t.*\t1 {4}\tthe disk is full$/m,
    )
    expect(stderr).toContain("requests: the object's interval asks again by itself")
    expect(stderr).toContain("'driftless queue redrive ID'")
  })

  it('sends it again, for the serve that starts next', async () => {
    await buryOne()
    const dry = await world.run('queue', 'redrive', '--all', '--dry-run')
    expect(dry).toEqual({
      exit: 0,
      stdout: '',
      stderr: '► would send push-1\n✔ 1 dead letter would be sent again\n',
    })
    const real = await world.run('queue', 'redrive', 'push-1')
    expect(real.stderr).toBe('► sent push-1\n✔ 1 dead letter sent again\n')
    const queue = openQueue()
    const seen: string[] = []
    queue.start(async ({ id }) => void seen.push(id))
    await queue.whenIdle()
    await queue.stop()
    expect(seen).toEqual(['push-1'])
    expect(await world.run('queue', 'list')).toMatchObject({ stderr: '✔ no dead letters\n' })
  })

  it('says which ones it means', async () => {
    await buryOne()
    const none = await world.run('queue', 'redrive')
    expect(none).toMatchObject({ exit: 1, stderr: expect.stringContaining('which ones?') })
    const both = await world.run('queue', 'redrive', 'push-1', '--all')
    expect(both).toMatchObject({ exit: 1, stderr: expect.stringContaining('which ones?') })
    const wrong = await world.run('queue', 'redrive', 'push-2', '-o', 'json')
    expect(wrong).toMatchObject({ exit: 1, stderr: expect.stringContaining('push-2') })
    expect(JSON.parse(wrong.stdout)).toEqual({ isDryRun: false, sent: [], missing: ['push-2'] })
  })
})

describe('driftless queue, where a serve runs', () => {
  it('asks it', async () => {
    const queue = openQueue()
    await queue.queue.send([letter])
    queue.start(async () => {
      throw new Error('the disk is full')
    })
    await queue.whenIdle()
    const app = new Hono()
    app.get('/api/v1/health', (c) => c.json({ status: 'ok' }))
    app.route('/api/v1/dead-letters', createDeadLettersApi(createLocalDesk({ requests: queue })))
    world.serve(async (url, init) => app.request(url.replace(/^http:\/\/[^/]+/, ''), init))
    const listed = await world.run('queue', 'list', '-o', 'json')
    expect(JSON.parse(listed.stdout).items).toMatchObject(
      [{ queue: 'requests', id: 'push-1', error: 'the disk is full', advice: /redrive/ }].map(
        (item) => ({ ...item, advice: expect.stringMatching(item.advice) }),
      ),
    )
    const sent = await world.run('queue', 'redrive', 'push-1')
    expect(sent.stderr).toContain('► sent push-1')
    await queue.stop()
  })

  it('says so where it does not show its queues', async () => {
    const app = new Hono()
    app.get('/api/v1/health', (c) => c.json({ status: 'ok' }))
    world.serve(async (url, init) => app.request(url.replace(/^http:\/\/[^/]+/, ''), init))
    for (const line of [['list'], ['redrive', '--all']]) {
      const ran = await world.run('queue', ...line)
      expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('--stage') })
    }
  })
})

describe('driftless queue on AWS', () => {
  it("finds the stack's queues, tells and sends again", async () => {
    const sqs = createFakeSqs()
    const actions = ['ReceiveMessage', 'DeleteMessage', 'SendMessageBatch']
    for (const action of [...actions, 'ChangeMessageVisibilityBatch']) {
      world.actions.set(`AmazonSQS.${action}`, (input) => sqs.answer(action, input))
    }
    const death = { error: 'KMS key a: cannot be used', failedAt, receiveCount: 5 }
    const id = sqs.put('https://sqs/1/dead.fifo', formatDeadLetter(letter, death), letter.group)
    const listed = await world.run('queue', 'list', '--stage', 'prod')
    expect(listed.stdout).toContain(`${id}\t${letter.group}\t${failedAt}\t5    \t${death.error}`)
    const sent = await world.run('queue', 'redrive', '--all', '--stage', 'prod')
    expect(sent).toMatchObject({ exit: 0, stderr: `► sent ${id}\n✔ 1 dead letter sent again\n` })
    expect(sqs.in('https://sqs/1/request.fifo')).toHaveLength(1)
    expect(sqs.in('https://sqs/1/dead.fifo')).toEqual([])
  })
})
