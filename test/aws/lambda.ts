import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { requirePeer } from '../peers/peers.ts'
import { accessKeyOf, region, secretKey } from './moto.ts'
import { type RuntimeApi, startRuntimeApi } from './runtime-api.ts'

export type LambdaConfiguration = {
  /** As in serverless.yml: `reconcile`. */
  readonly name: string
  readonly functionName: string
  readonly functionArn: string
  readonly handler: string
  readonly timeoutSeconds: number
  readonly memoryMb: number
  readonly environment: Readonly<Record<string, string>>
  /** The unzipped package. */
  readonly folder: string
}

/** One execution environment of a function, started at its first invocation, as Lambda does. */
export type LambdaInstance = {
  /** Throws what the function threw, or that it ran into its time limit and was killed. */
  readonly invoke: (event: unknown, options?: { readonly killAfterMs?: number }) => Promise<unknown>
  /** Stops every thread at once, as a frozen environment; `thaw` lets them go on. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** SIGKILL at any moment. The next invocation starts cold. */
  readonly kill: () => void
  readonly log: () => string
  readonly violations: () => readonly string[]
  readonly stop: () => Promise<void>
}

export type Surroundings = {
  readonly endpoint: string
  readonly clockFile: string
}

/** Runs the handler of an unzipped package on AWS's own runtime client. */
export async function createLambdaInstance(
  configuration: LambdaConfiguration,
  { endpoint, clockFile }: Surroundings,
): Promise<LambdaInstance> {
  const api = await startRuntimeApi()
  const lines: string[] = []
  let child: ChildProcess | undefined
  const kill = (): void => {
    child?.kill('SIGKILL')
    child = undefined
  }
  process.once('exit', kill)
  const start = (): void => {
    const started = spawnClient(
      configuration,
      environmentOf(configuration, endpoint, clockFile, api),
    )
    child = started
    for (const stream of [started.stdout, started.stderr]) {
      stream?.on('data', (chunk: Buffer) => lines.push(String(chunk)))
    }
    started.once('exit', (code, signal) => {
      if (child !== started && child !== undefined) return
      child = undefined
      api.abandon(`Runtime.ExitError: ${configuration.name} ended with ${signal ?? code}`)
    })
  }
  return {
    invoke: async (event, options = {}) => {
      if (child === undefined) start()
      const limitMs = configuration.timeoutSeconds * 1000
      const aheadMs = Number(readFileSync(clockFile, 'utf8')) * 1000
      const deadlineMs = Math.round(Date.now() + aheadMs + limitMs)
      // A busy machine is slower than Lambda's: what is to run into its limit says so itself.
      const killAfterMs = options.killAfterMs ?? Math.max(120_000, limitMs)
      const timer = setTimeout(() => {
        kill()
        api.abandon(`Task timed out after ${killAfterMs / 1000} seconds`)
      }, killAfterMs)
      const outcome = await api.invoke(event, {
        functionArn: configuration.functionArn,
        deadlineMs,
      })
      clearTimeout(timer)
      if ('error' in outcome) throw new Error(`${configuration.name}: ${outcome.error}`)
      return outcome.value
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    kill: () => {
      kill()
      api.abandon('killed')
    },
    log: () => lines.join(''),
    violations: api.violations,
    stop: async () => {
      process.removeListener('exit', kill)
      kill()
      await api.close()
    },
  }
}

/** Nothing of this process but what its own settings name. */
function environmentOf(
  { functionName, memoryMb, environment, folder, handler, name }: LambdaConfiguration,
  endpoint: string,
  clockFile: string,
  api: RuntimeApi,
): NodeJS.ProcessEnv {
  const clock = join(import.meta.dirname, 'shifted-clock.mjs')
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    TZ: ':UTC',
    LANG: 'en_US.UTF-8',
    NODE_OPTIONS: `--import ${clock}`,
    DRIFTLESS_TEST_CLOCK: clockFile,
    ...environment,
    AWS_ENDPOINT_URL: endpoint,
    AWS_LAMBDA_RUNTIME_API: api.address,
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `2026/01/01/[$LATEST]${'0'.repeat(32)}`,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyOf(name),
    AWS_SECRET_ACCESS_KEY: secretKey,
    AWS_SESSION_TOKEN: 'session',
    LAMBDA_TASK_ROOT: folder,
    _HANDLER: handler,
  }
}

function spawnClient(
  { folder, handler }: LambdaConfiguration,
  env: NodeJS.ProcessEnv,
): ChildProcess {
  const client = join(
    dirname(requirePeer('aws-lambda-ric')),
    'node_modules/aws-lambda-ric/index.mjs',
  )
  return spawn(process.execPath, [client, handler], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}
