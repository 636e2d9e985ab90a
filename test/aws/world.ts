import { rm } from 'node:fs/promises'
import { type ChatServer, type ChatUrls, createChatServer } from '../../lib/sandbox/chat/server.ts'
import { createGitServer } from '../../lib/sandbox/git-server.ts'
import { makeTemporaryFolder } from '../peers/temporary-folder.ts'
import type { AwsAction } from './aws-action.ts'
import { type AwsProxy, type Fault, startAwsProxy } from './aws-proxy.ts'
import { type EventSource, type Invoke, pollOnce } from './event-source.ts'
import { createLambdaInstance, type LambdaInstance } from './lambda.ts'
import { accessKeyOf, type ClockedServer, callAs, startClockedMoto } from './moto.ts'
import { packageStack } from './package-stack.ts'
import { isGranted } from './roles.ts'
import { createStack, type Stack } from './stack.ts'

/** The stack in moto, its functions on AWS's runtime client, a Git host and chats; driven through its public faces. */
export type World = {
  readonly stack: Stack
  readonly moto: ClockedServer
  readonly proxy: AwsProxy
  readonly gitUrl: string
  readonly createRepository: (repository: string) => Promise<string>
  readonly chat: ChatServer & ChatUrls
  readonly folder: string
  /** An execution environment of a function: the one that `drain` uses, or another one by its name. */
  readonly instance: (name: string, which?: string) => Promise<LambdaInstance>
  /** Decides what goes wrong with the calls that functions make from now on. */
  readonly faultOf: (decide: (action: AwsAction) => Fault | undefined) => void
  /** Calls that a function's role does not allow; they were refused, as AWS does. */
  readonly denied: () => readonly string[]
  /** Sends the minute's event. Throws what the function throws. */
  readonly minute: () => Promise<void>
  /** Lets the event sources run dry, and tells how many messages were taken. */
  readonly drain: () => Promise<number>
  /** Drains, sends the minute's events and moves time on until the answer is yes. */
  readonly until: (what: string, isTrue: () => Promise<boolean>, minutes?: number) => Promise<void>
  /** Moves on the time of AWS and of the functions. */
  readonly advance: (ms: number) => void
  /** Milliseconds since the epoch, for AWS and the functions. */
  readonly now: () => number
  readonly logs: () => string
  readonly violations: () => readonly string[]
  readonly stop: () => Promise<void>
}

export const webhookSecrets = { github: 'github-secret', gitlab: 'gitlab-token' } as const
export const apiToken = 'api-token'

const deployment = {
  DRIFTLESS_ALLOWED_ADDRESSES: '127.0.0.0/8',
  DRIFTLESS_TOKEN: apiToken,
  DRIFTLESS_SECRET_WEBHOOKS__GITHUB: webhookSecrets.github,
  DRIFTLESS_SECRET_WEBHOOKS__GITLAB: webhookSecrets.gitlab,
}

export async function startWorld(): Promise<World> {
  const folder = makeTemporaryFolder('aws-world')
  const moto = await startClockedMoto('running')
  const proxy = await startAwsProxy(moto.url)
  const stack = await createStack(moto.call, await packageStack(folder, deployment))
  const gitServer = createGitServer({ root: `${folder}/git` })
  const git = await gitServer.listen()
  const chatServer = createChatServer()
  const chat = { ...chatServer, ...(await chatServer.listen()) }
  const gate = guardRoles(proxy, stack)
  const instances = createInstances(stack, proxy, moto)
  const minute = async (): Promise<void> => {
    await (await instances.of('drift')).invoke({})
  }
  let aheadMs = 0
  const now = (): number => Date.now() + aheadMs
  const advance = (ms: number): void => {
    aheadMs += ms
    moto.advance(ms)
    proxy.setClock(aheadMs)
  }
  const drain = createDrain(stack, proxy, instances, () => new Date(now()))
  return {
    stack,
    moto,
    proxy,
    folder,
    chat,
    gitUrl: git.url,
    createRepository: gitServer.createRepository,
    instance: instances.of,
    faultOf: gate.faultOf,
    denied: gate.denied,
    minute,
    drain,
    advance,
    now,
    until: async (what, isTrue, minutes = 120) => {
      for (let seconds = 0; seconds <= minutes * 60; ) {
        // The scheduler tries again a minute later.
        if (seconds % 60 === 0) await minute().catch(() => undefined)
        await drain()
        if (await isTrue()) return
        // What is not there after some minutes waits for something that takes long.
        const step = seconds < 120 ? 10 : seconds < 1200 ? 60 : 300
        advance(step * 1000)
        seconds += step
      }
      throw new Error(`not after ${minutes} minutes: ${what}\n${instances.logs().slice(-6000)}`)
    },
    logs: instances.logs,
    violations: instances.violations,
    stop: async () => {
      await instances.stop()
      await chat.close()
      await git.close()
      await proxy.stop()
      await moto.stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function guardRoles(proxy: AwsProxy, { grants }: Stack): Pick<World, 'faultOf' | 'denied'> {
  const denied = new Set<string>()
  let decide: (action: AwsAction) => Fault | undefined = () => undefined
  // These are Lambda's own calls, in the function's name.
  const isDelivery = ({ action }: AwsAction) => /^sqs:(?:Receive|Delete)Message$/.test(action)
  proxy.faultOf((action) => {
    if (isGranted(grants, action)) return isDelivery(action) ? undefined : decide(action)
    denied.add(`${action.by} ${action.action} ${action.resource}`)
    return { status: 403, code: 'AccessDenied' }
  })
  return {
    denied: () => [...denied],
    faultOf: (next) => {
      decide = next
    },
  }
}

type Instances = {
  readonly of: World['instance']
  readonly logs: () => string
  readonly violations: () => readonly string[]
  readonly stop: () => Promise<void>
}

function createInstances(stack: Stack, proxy: AwsProxy, moto: ClockedServer): Instances {
  const made = new Map<string, LambdaInstance>()
  const of = async (name: string, which = ''): Promise<LambdaInstance> => {
    const known = made.get(`${name} ${which}`)
    if (known !== undefined) return known
    const configuration = stack.functions.get(name)
    if (configuration === undefined) throw new Error(`no function ${name}`)
    const surroundings = { endpoint: proxy.url, clockFile: moto.clockFile }
    const fresh = await createLambdaInstance(configuration, surroundings)
    made.set(`${name} ${which}`, fresh)
    return fresh
  }
  return {
    of,
    logs: () => [...made.values()].map(({ log }) => log()).join(''),
    violations: () => [...made.values()].flatMap(({ violations }) => violations()),
    stop: async () => {
      for (const instance of made.values()) await instance.stop()
    },
  }
}

/** Stands for the event source mappings of the stack, and for its rule for objects of buckets. */
function createDrain(
  stack: Stack,
  proxy: AwsProxy,
  instances: Instances,
  now: () => Date,
): () => Promise<number> {
  const poll = async (name: string, source: EventSource, toEvent: Invoke): Promise<number> => {
    const { invoke } = await instances.of(name)
    const call = callAs(name === 'bucket' ? 'AKIDEVENTBRIDGE' : accessKeyOf(name), proxy.url, now)
    const handOver: Invoke = async (event) => await invoke(await toEvent(event))
    return (await pollOnce(call, source, handOver)).received
  }
  const asItIs: Invoke = async (event) => event
  const objectEvent: Invoke = async (event) => JSON.parse(Object(event).Records[0].body)
  const ofRule = {
    queueUrl: stack.bucketEventsUrl,
    queueArn: '',
    batchSize: 1,
    reportsFailures: false,
  }
  const sources = [...stack.eventSources].flatMap(([name, own]) =>
    own.map((source) => () => poll(name, source, asItIs)),
  )
  return async () => {
    for (let total = 0; ; ) {
      let received = await poll('bucket', ofRule, objectEvent)
      for (const source of sources) received += await source()
      if (received === 0) return total
      total += received
    }
  }
}
