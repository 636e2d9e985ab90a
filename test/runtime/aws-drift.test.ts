import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createAwsBase } from '../../lib/runtime/aws-base.ts'
import { createDrift } from '../../lib/runtime/aws-drift.ts'
import { openFleetBucket } from '../../lib/runtime/fleet-bucket.ts'
import { pushFleet } from '../../lib/runtime/push-fleet.ts'
import { schedule } from '../../lib/store/calendar.ts'
import { type AwsWorld, createAwsWorld } from '../cli/aws-world.ts'

const cluster = `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: one }
spec:
  connection: { eks: { name: one, region: eu-west-1 } }
`
const source = (name: string) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: ${name}, namespace: flux-system }
spec: { interval: 1m, url: "https://git.example/${name}" }
`
const files = [
  { file: 'a.yaml', text: source('a') },
  { file: 'b.yaml', text: source('b') },
  { file: 'cluster.yaml', text: cluster },
]
const now = new Date('2026-11-23T10:00:00Z')

let world: AwsWorld
beforeEach(async () => {
  world = await createAwsWorld('/')
  world.actions.set('AmazonSQS.SendMessageBatch', (input) => {
    world.sent.push(input)
    return { status: 200, body: '{"Successful":[]}' }
  })
})
afterEach(() => world.close())

/** A container of the function, and the state it leaves. */
function open() {
  const environment = {
    ...world.environment,
    STATE_BUCKET: 'state',
    REQUEST_QUEUE_URL: 'https://sqs/1/request.fifo',
    REQUEST_DELAY_QUEUE_URL: 'https://sqs/1/delay',
  }
  const { call, store } = createAwsBase(environment)
  const bucket = openFleetBucket(call, 'state')
  const registered = async () => {
    const found = await store.list('objects/')
    const records = await Promise.all(found.map((key) => store.get(key)))
    return found.flatMap((key, index) => {
      const text = new TextDecoder().decode(records[index]?.body)
      return text.includes('deletionRequestedAt') ? [] : [key.split('/').at(-1)]
    })
  }
  const push = (pushed: typeof files) => pushFleet(bucket, pushed, { now, isDryRun: false })
  return { minute: createDrift(environment), registered, push, bucket, store }
}

describe('the minute on AWS', () => {
  it('registers what was pushed, and takes away what left', async () => {
    const { minute, registered, push } = open()
    await push(files)
    await minute()
    expect(await registered()).toEqual(['a', 'b'])
    expect(world.sent.join()).toContain('one/GitRepository/flux-system/a')
    await push(files.filter(({ file }) => file !== 'b.yaml'))
    await minute()
    expect(await registered()).toEqual(['a'])
  })

  it('takes nothing away on half a push, and what is due is looked at all the same', async () => {
    const { minute, registered, push, bucket, store } = open()
    await push(files)
    await minute()
    await bucket.delete('b.yaml')
    await bucket.put('a.yaml', source('c'))
    world.sent.length = 0
    await schedule(store, 'one/GitRepository/flux-system/a', new Date('2026-11-23T10:00:00Z'))
    await minute()
    expect(await registered()).toEqual(['a', 'b'])
    expect(world.sent.join()).toContain('due/one/GitRepository/flux-system/a')
    await push(files.filter(({ file }) => file !== 'b.yaml'))
    await minute()
    expect(await registered()).toEqual(['a'])
  })

  it('takes nothing away where all files are gone, or one cannot be read', async () => {
    const { minute, registered, push, bucket } = open()
    await push(files)
    await minute()
    await push([...files.slice(1), { file: 'broken.yaml', text: 'a: [' }])
    await minute()
    expect(await registered()).toEqual(['a', 'b'])
    for (const { key } of await bucket.entries()) await bucket.delete(key)
    await minute()
    await open().minute()
    expect(await registered()).toEqual(['a', 'b'])
  })

  it('costs one listing of the fleet where nothing changed', async () => {
    const { minute, push } = open()
    await push(files)
    await minute()
    world.requests.length = 0
    await minute()
    const ofFleet = world.requests.filter((request) =>
      decodeURIComponent(request).includes('fleet/'),
    )
    expect(ofFleet).toEqual([expect.stringMatching(/^GET \/state\/\?list-type=2/)])
  })
})
