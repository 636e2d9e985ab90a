import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outputOf } from './child-output.ts'

let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'driftless-quick-'))
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }
  const files = {
    'app/kustomization.yaml': 'resources: [a.yaml]\ncommonLabels: {b: c}\n',
    'app/a.yaml': JSON.stringify(object),
    'big/kustomization.yaml': 'resources: [a.yaml]\n',
    'big/a.yaml': JSON.stringify({ ...object, data: { text: 'x'.repeat(1_000_000) } }),
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(directory, name, '..'), { recursive: true })
    await writeFile(join(directory, name), text)
  }
})

afterAll(() => rm(directory, { recursive: true, force: true }))

/** One process; it ends with 0 where the build was done quickly, with 9 where it is left to the whole command line. */
function quickly(args: readonly string[], { isHead = false } = {}) {
  return run('process.exitCode = buildQuickly(process.argv.slice(1)) ? 0 : 9', args, isHead)
}

function run(statement: string, args: readonly string[], isHead = false) {
  const module = join(import.meta.dirname, '../../lib/cli/build/quick.ts')
  const script = `import { buildQuickly } from ${JSON.stringify(module)}\n${statement}`
  return outputOf(['--input-type=module', '-e', script, '--', ...args], { directory, isHead })
}

describe('the quick start of build', { timeout: 60_000 }, () => {
  it('prints what the whole command line prints', async () => {
    const { exit, stdout, stderr } = await quickly(['app', '--reorder', 'none'])
    expect(exit).toBe(0)
    expect(stdout).toBe(
      'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels:\n    b: c\n  name: a\n',
    )
    expect(stderr).toContain('commonLabels')
  })

  it('writes a large result whole', async () => {
    expect((await quickly(['big'])).stdout.length).toBeGreaterThan(1_000_000)
  })

  it('ends in peace where its reader goes away', async () => {
    const { exit, stderr } = await quickly(['big'], { isHead: true })
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' })
  })

  it('leaves everything else to it, and says nothing', async () => {
    const lines = [
      ['kustomization', 'app', '--path', 'app'],
      ['ks'],
      ['--help'],
      ['--batch'],
      ['app', '-o', 'out.yaml'],
      ['app', 'big'],
      ['app', '--reorder', 'random'],
      ['nowhere'],
    ]
    const { exit, stdout, stderr } = await run(
      'process.exitCode = JSON.parse(process.argv[1]).some(buildQuickly) ? 0 : 9',
      [JSON.stringify(lines)],
    )
    expect({ exit, stdout, stderr }).toEqual({ exit: 9, stdout: '', stderr: '' })
  })
})
