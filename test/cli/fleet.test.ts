import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFleetBucket } from '../../lib/runtime/fleet-bucket.ts'
import { listFleet, verifyFleet } from '../../lib/runtime/load-fleet-bucket.ts'
import { createUserAws } from '../../lib/runtime/user-aws.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts'
import { type AwsWorld, createAwsWorld } from './aws-world.ts'

const cluster = (name: string, connection = '{ eks: { name: one, region: eu-west-1 } }') =>
  `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: ${name} }
spec:
  connection: ${connection}
`

let folder: TemporaryFolder
let world: AwsWorld
beforeEach(async () => {
  folder = await createTemporaryFolder()
  world = await createAwsWorld(folder.path)
  await mkdir(join(folder.path, 'fleet', 'clusters'), { recursive: true })
  await write('clusters/staging.yaml', cluster('staging'))
  await write('production.yaml', cluster('production'))
})
afterEach(async () => {
  await world.close()
  await folder.remove()
})

async function write(path: string, text: string): Promise<void> {
  await writeFile(join(folder.path, 'fleet', path), text)
}

/** As `drift` reads it. */
async function loaded(): Promise<unknown> {
  const { call } = createUserAws(world.environment)
  const bucket = openFleetBucket(call, 'state')
  const reading = await verifyFleet(bucket, await listFleet(bucket))
  return reading.state === 'complete' ? reading.files.map(({ key }) => key) : reading
}

describe('driftless fleet push', () => {
  it('finds the bucket of the stage, uploads, and is taken up by the functions as a whole', async () => {
    expect(await world.run('fleet', 'push', 'fleet', '--stage', 'prod')).toEqual({
      exit: 0,
      stdout: '',
      stderr: [
        '► checking fleet fleet',
        '► uploaded clusters/staging.yaml',
        '► uploaded production.yaml',
        '✔ pushed to s3://state/fleet/; it counts within a minute',
        '',
      ].join('\n'),
    })
    expect(world.calls).toEqual(['DescribeStacks'])
    expect(await loaded()).toEqual(['clusters/staging.yaml', 'production.yaml'])
    const again = await world.run('fleet', 'push', 'fleet', '--stage', 'prod')
    expect(again.stderr).toContain('✔ s3://state/fleet/ holds this fleet already')
  })

  it('says what it would do, and does it when asked without --dry-run', async () => {
    await world.run('fleet', 'push', 'fleet', '--bucket', 'state')
    await rm(join(folder.path, 'fleet', 'production.yaml'))
    await write('clusters/staging.yaml', `${cluster('staging')}\n`)
    const dry = await world.run('fleet', 'push', 'fleet', '--bucket', 'state', '--dry-run')
    expect(dry).toMatchObject({ exit: 0, stdout: '' })
    expect(dry.stderr).toContain('► would upload clusters/staging.yaml')
    expect(dry.stderr).toContain('► would delete production.yaml')
    expect(dry.stderr).toContain('✔ 2 changes, none was made')
    const real = await world.run('fleet', 'push', 'fleet', '--bucket', 'state', '-o', 'json')
    expect(JSON.parse(real.stdout)).toEqual({
      bucket: 'state',
      prefix: 'fleet/',
      isDryRun: false,
      uploaded: ['clusters/staging.yaml'],
      deleted: ['production.yaml'],
      unchanged: [],
    })
    expect(world.calls).toEqual([])
    expect(await loaded()).toEqual(['clusters/staging.yaml'])
  })

  it('takes one file for a fleet of one file', async () => {
    await world.run('fleet', 'push', 'fleet/production.yaml', '--bucket', 'state')
    expect(await loaded()).toEqual(['production.yaml'])
  })

  it('uploads nothing of a fleet that the functions could not use', async () => {
    await write('clusters/staging.yaml', cluster('staging', '{ context: kind-kind }'))
    await write('production.yaml', cluster('production', '{}'))
    const ran = await world.run('fleet', 'push', 'fleet', '--bucket', 'state')
    expect(ran.exit).toBe(1)
    expect(ran.stderr).toContain('✗ production.yaml:5: Cluster/production spec.connection')
    expect(ran.stderr).toContain('Cluster/staging spec.connection.context: is of use on a laptop')
    expect(ran.stderr).toContain('✗ 2 faults; nothing was uploaded')
    expect(await loaded()).toMatchObject({ state: 'incomplete' })
  })

  it('names what is wrong with the place', async () => {
    const noStack = await world.run('fleet', 'push', 'fleet', '--stage', 'nope')
    expect(noStack).toMatchObject({ exit: 1, stderr: expect.stringContaining('does not exist') })
    const noBucket = await world.run('fleet', 'push', 'fleet', '--bucket', 'other-bucket')
    expect(noBucket).toMatchObject({ exit: 1, stderr: expect.stringContaining('NoSuchBucket') })
    await mkdir(join(folder.path, 'empty'))
    const empty = await world.run('fleet', 'push', 'empty', '--bucket', 'state')
    expect(empty).toMatchObject({ exit: 1, stderr: expect.stringContaining('holds no .yaml file') })
  })
})
