import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { requirePeer } from '../peers/peers.ts'
import { loadCases, runCase, writeWork } from './cases.ts'

/** Cases whose stdout the real flux prints too: not those that ask for something else by an annotation of ours. */
const cases = loadCases().filter(({ files }) => {
  const args = files.get('args') ?? ''
  const isOurs = [...files.values()].some((text) => text.includes('fleet.driftless.dev/'))
  return (
    /^build (ks|kustomization) .*--kustomization-file/.test(args) &&
    !files.has('want.exit') &&
    !isOurs
  )
})

describeWithPeers(['flux'], 'driftless build kustomization', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftless-flux-'))
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(cases)('prints what flux prints: $name', async (entry) => {
    const work = join(folder, entry.name)
    await writeWork(work, entry.files)
    const args = (entry.files.get('args') ?? '').trim().split(/\s+/)
    const told = execFileSync(requirePeer('flux'), [...args, '--dry-run'], {
      cwd: work,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect((await runCase(entry)).stdout).toBe(told)
  })
})
