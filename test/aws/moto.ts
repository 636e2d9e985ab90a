import { renameSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type AwsCall, createAwsCall } from '../../lib/runtime/aws-call.ts'
import { freePorts } from '../peers/free-ports.ts'
import { requirePeer } from '../peers/peers.ts'
import { type Program, startProgram } from '../peers/program.ts'
import { makeTemporaryFolder } from '../peers/temporary-folder.ts'
import { until } from '../peers/until.ts'

/** A stand-in for AWS on loopback. */
export type AwsServer = {
  readonly url: string
  /** As an administrator of the account. */
  readonly call: AwsCall
  readonly stop: () => Promise<void>
}

export const region = 'eu-west-1'
const readyMs = 60_000

/** moto that believes in the time that a test tells it. */
export type ClockedServer = AwsServer & {
  /** Moves its clock on; delays, visibility and the five minutes of de-duplication go by it. */
  readonly advance: (ms: number) => void
  /** Holds the seconds that it is ahead. */
  readonly clockFile: string
}

/** `still`: time passes by `advance` alone; `running`: besides. */
export async function startClockedMoto(pace: 'still' | 'running'): Promise<ClockedServer> {
  const folder = makeTemporaryFolder('clock')
  const file = join(folder, 'seconds')
  let aheadMs = 0
  const advance = (ms: number): void => {
    aheadMs += ms
    // Renamed into place: moto may read at any moment.
    writeFileSync(`${file}.next`, String(aheadMs / 1000))
    renameSync(`${file}.next`, file)
  }
  advance(0)
  const python = join(dirname(requirePeer('moto')), 'venv', 'bin', 'python')
  const script = join(import.meta.dirname, 'clocked-moto.py')
  const server = await startServer(
    'moto',
    (port) => ({ path: python, args: [script, file, pace, '-H', '127.0.0.1', '-p', String(port)] }),
    '/moto-api/',
  )
  const stop = async (): Promise<void> => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { ...server, advance, clockFile: file, stop }
}

/** moto: S3, SQS, EventBridge, CloudFormation and more of one account, in memory. */
export function startMoto(): Promise<AwsServer> {
  return startServer(
    'moto',
    (port) => ({ args: ['-H', '127.0.0.1', '-p', String(port)] }),
    '/moto-api/',
  )
}

/** MinIO: S3 alone, on disk, with signatures checked. */
export function startMinio(): Promise<AwsServer> {
  return startServer(
    'minio',
    (port) => ({
      args: ['server', 'data', '--address', `127.0.0.1:${port}`, '--quiet'],
      env: { MINIO_ROOT_USER: accessKey, MINIO_ROOT_PASSWORD: secretKey, MINIO_UPDATE: 'off' },
    }),
    '/minio/health/ready',
  )
}

/** Calls a stand-in under an access key, by which it can be told who called. */
export function callAs(
  accessKeyId: string,
  endpoint: string,
  now: () => Date = () => new Date(),
): AwsCall {
  const secret = { accessKeyId, secretAccessKey: secretKey }
  return createAwsCall({ region, endpoint, now, credentials: async () => secret })
}

export const accessKey = 'AKIDADMINISTRATOR'
export const secretKey = 'not-a-secret-of-anyone'

type Start = {
  readonly path?: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Somebody may take the port first: tried again then. */
async function startServer(
  name: 'moto' | 'minio',
  startOn: (port: number) => Start,
  healthPath: string,
): Promise<AwsServer> {
  for (let attempt = 1; ; attempt += 1) {
    const folder = makeTemporaryFolder(name)
    const [port = 0] = await freePorts(1)
    const program = startProgram({ name, path: requirePeer(name), folder, ...startOn(port) })
    const stop = async (): Promise<void> => {
      await program.kill()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    }
    try {
      const url = `http://127.0.0.1:${port}`
      await ready(url + healthPath, program)
      return { url, call: callAs(accessKey, url), stop }
    } catch (thrown) {
      const isPortTaken = /address already in use/i.test(program.logTail())
      await stop()
      if (!isPortTaken || attempt === 3) throw thrown
    }
  }
}

async function ready(url: string, program: Program): Promise<void> {
  await until(`${program.name} is ready`, readyMs, [program], async () => {
    const answer = await fetch(url)
    await answer.arrayBuffer()
    return answer.ok
  })
}

/** The access key that a function signs with: by it a call tells whose role it needs. */
export function accessKeyOf(functionName: string): string {
  return `AKIDOF${functionName.toUpperCase()}`
}
