import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ChildRun, outputOf } from './child-output.ts'

let directory: string
let taken: Server

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'driftless-process-'))
  await writeFile(join(directory, 'fleet.yaml'), '')
  await writeFile(join(directory, 'kustomization.yaml'), 'resources: [config.yaml]\n')
  const text = 'x'.repeat(1_000_000)
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'big' }, data: { text } }
  await writeFile(join(directory, 'config.yaml'), JSON.stringify(config))
  taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
})

afterAll(async () => {
  taken.close()
  await rm(directory, { recursive: true, force: true })
})

/** One real process; `isHead` hangs up after the first piece of output. */
function driftless(args: readonly string[], options: Omit<ChildRun, 'directory'> = {}) {
  const entry = join(import.meta.dirname, '../../lib/cli/entry.ts')
  return outputOf([entry, ...args], { directory, ...options })
}

describe('the driftless process', { timeout: 30_000 }, () => {
  it('ends in peace where its reader goes away', async () => {
    const { exit, stderr } = await driftless(['build'], { isHead: true })
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  })

  it('writes a large result whole', async () => {
    expect((await driftless(['build'])).stdout.length).toBeGreaterThan(1_000_000)
  })

  it('says that its port is in use, and ends', async () => {
    const address = taken.address()
    const port = typeof address === 'object' ? String(address?.port) : ''
    const args = ['serve', '--fleet', 'fleet.yaml', '--port', port]
    const { exit, stderr } = await driftless(args)
    expect(exit).toBe(1)
    expect(stderr).toContain(`127.0.0.1:${port}: another program listens there`)
    expect(stderr).not.toContain('    at ')
  })

  it('writes no colours to a pipe', async () => {
    const { stderr } = await driftless(['build', 'nowhere'])
    expect(stderr).toBe('✗ nowhere: there is no such folder\n')
  })

  it('shows a stack only to who asks for it', async () => {
    const env = { DRIFTLESS_DEBUG: '1' }
    expect((await driftless(['build', 'nowhere'], { env })).stderr).toContain('    at ')
  })
})
