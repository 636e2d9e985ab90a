import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../lib/log/logger.ts'
import { createLocalRuntime, type LocalRuntime } from '../../lib/runtime/local.ts'
import { createGivenSecrets } from '../../lib/runtime/local-secrets.ts'

let folder: string
let runtime: LocalRuntime
let heard: (line: string) => void = () => {}

const cluster = `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: here }
spec: { connection: { sandbox: {} } }
`
const alert = (
  name: string,
  severity = 'info',
) => `apiVersion: notification.toolkit.fluxcd.io/v1beta3
kind: Alert
metadata: { name: ${name}, namespace: flux-system }
spec: { providerRef: { name: chat }, eventSources: [], eventSeverity: ${severity} }
`

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'driftless-local-'))
  await mkdir(join(folder, 'fleet'))
  await write('cluster.yaml', cluster)
  await write('one.yaml', alert('one'))
  runtime = await createLocalRuntime({
    stateDirectory: join(folder, 'state'),
    fleetPath: join(folder, 'fleet'),
    secretStore: createGivenSecrets({}),
    log: createLogger((line) => heard(line)),
  })
  await runtime.start()
})
afterEach(async () => {
  await runtime.stop()
  await rm(folder, { recursive: true, force: true })
})

const write = (name: string, text: string) => writeFile(join(folder, 'fleet', name), text)

/** Changes the fleet and waits until the running process says that it has read it again. */
async function reloaded(change: () => Promise<void>): Promise<readonly string[]> {
  const isRead = new Promise<void>((resolve) => {
    heard = (line) => {
      if (line.includes('fleet loaded')) resolve()
    }
  })
  await change()
  await isRead
  const found = await runtime.operations.objects({ kind: 'Alert' })
  return found.map(({ name }) => name)
}

describe('createLocalRuntime', () => {
  it('takes up what is added to its fleet, changed or removed while it runs', async () => {
    expect(await reloaded(() => write('two.yaml', alert('two')))).toEqual(['one', 'two'])
    await reloaded(() => write('two.yaml', alert('two', 'error')))
    const id = { cluster: 'here', kind: 'Alert', namespace: 'flux-system', name: 'two' }
    expect((await runtime.operations.object(id))?.spec).toMatchObject({ eventSeverity: 'error' })
    await reloaded(() => rm(join(folder, 'fleet', 'two.yaml')))
    await expect.poll(() => runtime.operations.object(id)).toBeUndefined()
  })

  it('keeps what it knows while one file is faulty, and takes up the others', async () => {
    await reloaded(() => write('two.yaml', alert('two')))
    await reloaded(() => write('one.yaml', 'kind: [\n'))
    expect(await reloaded(() => write('three.yaml', alert('three')))).toEqual([
      'one',
      'three',
      'two',
    ])
  })

  it('says that nothing is taken away while the fleet is faulty', async () => {
    const told = new Promise<string>((resolve) => {
      heard = (line) => {
        if (line.includes('stays until')) resolve(line)
      }
    })
    await write('one.yaml', 'kind: [\n')
    expect(await told).toContain('what left the fleet stays until these faults are corrected')
  })

  it('lets no second process use its state', async () => {
    const second = createLocalRuntime({
      stateDirectory: join(folder, 'state'),
      fleetPath: join(folder, 'fleet'),
      secretStore: createGivenSecrets({}),
      log: createLogger(() => {}),
    })
    await expect(second).rejects.toThrow('is in use by another driftless serve')
  })

  it('says what to do about a state folder that cannot be used', async () => {
    const stateDirectory = join(folder, 'file', 'state')
    await writeFile(join(folder, 'file'), '')
    const started = createLocalRuntime({
      stateDirectory,
      fleetPath: join(folder, 'fleet'),
      secretStore: createGivenSecrets({}),
      log: createLogger(() => {}),
    })
    await expect(started).rejects.toThrow(
      new RegExp(`^the state folder ${stateDirectory} cannot be used: ENOTDIR.*name another with`),
    )
  })
})
