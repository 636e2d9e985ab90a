import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AwsAction } from '../../aws/aws-action.ts'
import type { Fault } from '../../aws/aws-proxy.ts'
import { describeStack } from '../../aws/describe-stack.ts'
import { githubPush, request } from '../../aws/faces.ts'
import { createScene, type Scene } from '../../aws/scene.ts'
import { receive } from '../../aws/sqs.ts'
import { type WatchedText, watchText } from '../../aws/watch-text.ts'
import { apiToken, startWorld, type World } from '../../aws/world.ts'
import { sharedControlPlane } from '../../peers/shared-control-plane.ts'

/** `DRIFTLESS_FAULTS=all` tries every fault on every call, some 20 minutes; otherwise a sample, another one for each seed. */
const { DRIFTLESS_FAULTS: extent = '', DRIFTLESS_SEED: seed = '1' } = process.env
const sampleSize = 14

type Named = { readonly name: string; readonly fault: Fault; readonly times: number }

/** A call is made three times before it is given up: `times` 3 makes the operation fail, 1 only its first attempt. */
const faults: readonly Named[] = [
  { name: '409', fault: { status: 409, code: 'ConditionalRequestConflict' }, times: 1 },
  { name: '412', fault: { status: 412, code: 'PreconditionFailed' }, times: 1 },
  { name: '500', fault: { status: 500, code: 'InternalError' }, times: 1 },
  { name: '500 for good', fault: { status: 500, code: 'InternalError' }, times: 3 },
  { name: '503', fault: { status: 503, code: 'SlowDown' }, times: 1 },
  { name: 'throttled', fault: { status: 400, code: 'ThrottlingException' }, times: 1 },
  { name: 'reset', fault: 'reset', times: 1 },
  { name: 'reset for good', fault: 'reset', times: 3 },
  { name: 'reset after the effect', fault: 'reset after', times: 1 },
  { name: 'reset after the effect for good', fault: 'reset after', times: 3 },
  { name: 'slow body', fault: 'slow body', times: 1 },
  { name: 'cut body', fault: 'cut body', times: 1 },
]

/** One push; `at` counts the calls of functions from it on, and holds one but where every call is tried. */
type Cell = Named & { readonly at: readonly number[] }

describeStack('a push, with a fault at one call of AWS', () => {
  let world: World
  let scene: Scene
  let watched: WatchedText
  const pushed: string[] = ['first']
  const commits: string[] = []

  beforeAll(async () => {
    const controlPlane = await sharedControlPlane()
    world = await startWorld()
    scene = await createScene(world, controlPlane)
    await world.until('the app is there', async () => (await text()) === 'first')
    await world.until('nothing is left to do', async () => (await world.drain()) === 0, 2)
    const path = `/api/v1/namespaces/${scene.namespace}/configmaps/app`
    watched = await watchText(controlPlane, path, 'text')
  }, 300_000)
  afterAll(async () => {
    watched?.stop()
    await world?.stop()
  })

  const text = async (): Promise<string | undefined> => (await scene.configMap('app'))?.text

  /** From the push to its end, whatever is in the way; calls that functions made until then. */
  const push = async (title: string): Promise<readonly AwsAction[]> => {
    const from = world.proxy.calls().length
    const after = await scene.pushText(title)
    pushed.push(title)
    commits.push(after)
    // A host, or whoever looks after it, delivers again what was not taken.
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const delivery = { repository: scene.repository, after, delivery: after }
      const answer = await githubPush(world, delivery).catch(() => undefined)
      if (answer?.status === 202) break
    }
    await world.drain()
    await world.minute().catch(() => undefined)
    world.faultOf(() => undefined)
    const isDone = async () => (await text()) === title && (await areReady(world, after))
    await world.until(`${title} is there`, isDone, 120)
    return world.proxy
      .calls()
      .slice(from)
      .filter(({ by }) => by.startsWith('AKIDOF'))
  }

  const goesWrong = (cell: Cell): void => {
    const waiting = [...cell.at]
    let seen = 0
    let struck: AwsAction | undefined
    let left = 0
    world.faultOf((action) => {
      if (!action.by.startsWith('AKIDOF')) return undefined
      seen += 1
      if (seen >= (waiting[0] ?? Number.POSITIVE_INFINITY) && isPossible(action)(cell)) {
        waiting.shift()
        struck = action
        left = cell.times
      }
      const isStruck = struck?.action === action.action && struck.resource === action.resource
      if (!isStruck || left === 0) return undefined
      left -= 1
      return cell.fault
    })
  }

  it('ends as the same push without it', async () => {
    const calls = await push('without a fault')
    const made = calls.filter(({ action }) => !/^sqs:(?:Receive|Delete|Change)Message/.test(action))
    expect(made.length).toBeGreaterThan(30)
    const singles = singleCalls(made)
    const chosen = extent === 'all' ? everyCall(made) : sample(singles, sampleSize, Number(seed))
    const failures: string[] = []
    for (const cell of chosen) {
      goesWrong(cell)
      const title = titleOf(cell, made)
      await push(title).catch((thrown: unknown) => failures.push(`${title}: ${thrown}`))
    }
    expect(failures).toEqual([])
    // Each once and in order: nothing lost, and nothing twice.
    expect(watched.texts()).toEqual(pushed)
    const isTold = (commit: string): boolean =>
      world.chat.messages().some((message) => JSON.stringify(message).includes(commit.slice(0, 8)))
    await world.until('the chat knows of each', async () => commits.every(isTold))
    expect(world.chat.refusals()).toEqual([])
    expect(await deadLetters(world)).toEqual([])
    expect(world.denied()).toEqual([])
    expect(world.violations()).toEqual([])
  }, 7_200_000)
})

function titleOf({ name, at }: Cell, made: readonly AwsAction[]): string {
  const [only = 0, ...more] = at
  const struck = more.length > 0 ? undefined : made[only - 1]
  return struck === undefined
    ? `${name} at calls ${at}`
    : `${name} at call ${at}, ${struck.action} ${struck.resource}`
}

async function deadLetters({ stack, moto }: World): Promise<readonly string[]> {
  const urls = [...stack.queues].filter(([id]) => id.includes('DeadLetters')).map(([, url]) => url)
  const letters = await Promise.all(urls.map((url) => receive(moto.call, url, 10, 0)))
  return letters.flat().map(({ body }) => body)
}

function singleCalls(made: readonly AwsAction[]): readonly Cell[] {
  return made.flatMap((call, index) =>
    faults.filter(isPossible(call)).map((named) => ({ ...named, at: [index + 1] })),
  )
}

/** Every fault at every call; one push takes the same fault at several calls that lie far apart. */
function everyCall(made: readonly AwsAction[]): readonly Cell[] {
  return faults.flatMap((named) => {
    const positions = made.flatMap((call, index) => (isPossible(call)(named) ? [index + 1] : []))
    const pushes = Math.min(apart, positions.length)
    return Array.from({ length: pushes }, (_, first) => ({
      ...named,
      at: positions.filter((_position, index) => index % pushes === first),
    }))
  })
}

const apart = 20

/** Conditions are S3's, and so is its way to say that there is too much to do. */
function isPossible({ action, isConditional }: AwsAction): (named: Named) => boolean {
  const isS3 = action.startsWith('s3:')
  const others = isS3 ? ['throttled'] : ['503']
  const impossible = new Set(isConditional ? others : [...others, '409', '412'])
  return ({ name }) => !impossible.has(name)
}

/** Whether the app's source and Kustomization are Ready at this commit, as the API tells. */
async function areReady(world: World, commit: string): Promise<boolean> {
  const headers = { authorization: `Bearer ${apiToken}` }
  const { body } = await request(world, { method: 'GET', path: '/api/v1/objects', headers })
  const { items } = Object(JSON.parse(body))
  const own = (Array.isArray(items) ? items : []).filter(
    (item: unknown) => Object(item).name === 'app',
  )
  return own.length === 2 && own.every((item: unknown) => isReadyAt(Object(item), commit))
}

function isReadyAt(object: Readonly<Record<string, unknown>>, commit: string): boolean {
  return object.ready === 'True' && String(object.revision).includes(commit)
}

/** The same ones for the same seed, spread over all. */
function sample<T>(all: readonly T[], size: number, seed: number): readonly T[] {
  const stride = all.length / size
  let state = seed
  return Array.from({ length: size }, (_, index) => {
    state = (state * 48_271) % 2_147_483_647
    return all[Math.floor(index * stride + (state / 2_147_483_647) * stride)]
  }).filter((cell) => cell !== undefined)
}
