import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deliverGithubPush } from '../../lib/cli/demo/deliver.ts'
import { createWorkingCopy, type WorkingCopy } from '../../lib/cli/demo/working-copy.ts'
import { createClusterClient } from '../../lib/cluster/client.ts'
import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { createGitServer, type GitServer } from '../../lib/sandbox/git-server.ts'
import { type Child, startChild } from '../attacks/child.ts'
import { githubSecret } from '../attacks/serve.ts'

let directory: string
let gitUrl: string
let repository: WorkingCopy
let served: Child | undefined
let closeGit: () => Promise<void>

const fleet = (url: string) => `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: here }
spec:
  connection: { sandbox: {} }
  sync:
    source: { kind: GitRepository, url: '${url}/acme/fleet.git', ref: { branch: main } }
    path: ./
    interval: 10m
`

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'driftless-serve-'))
  const git: GitServer = createGitServer({ root: join(directory, 'git') })
  const listening = await git.listen()
  gitUrl = listening.url
  closeGit = listening.close
  await git.createRepository('acme/fleet')
  await writeFile(join(directory, 'fleet.yaml'), fleet(gitUrl))
  repository = await createWorkingCopy(
    join(directory, 'work'),
    `${gitUrl}/acme/fleet.git`,
    'examples/demo/bucket',
    (text) => text,
  )
  await repository.edit('settings/kustomization.yaml', (text) => `${text}namespace: default\n`)
  await repository.push('seed')
})

afterAll(async () => {
  served?.process.kill('SIGKILL')
  await closeGit()
  await rm(directory, { recursive: true, force: true })
})

const serve = (): Promise<Child> => startChild({ directory })

/** Reads past Driftless: from the sandbox's own API. */
async function flagsInCluster(): Promise<unknown> {
  const kubeconfig = await readFile(join(directory, 'state/sandbox/here.kubeconfig'), 'utf8')
  const transport = await transportFromSecret(kubeconfig)
  try {
    const ref = {
      group: '',
      version: 'v1',
      kind: 'ConfigMap',
      namespace: 'default',
      name: 'feature-flags',
    }
    return (await createClusterClient(transport).find(ref))?.data
  } finally {
    transport.close()
  }
}

async function eventually(check: () => Promise<void>, forMs = 15_000): Promise<void> {
  const startedAt = Date.now()
  for (;;) {
    try {
      return await check()
    } catch (thrown) {
      if (Date.now() - startedAt > forMs) throw thrown
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

const pushTo = async (url: string, value: string) => {
  await repository.edit('settings/flags.properties', () => `value=${value}\n`)
  const after = await repository.push(`Set ${value}`)
  const push = { repository: 'acme/fleet', ref: 'refs/heads/main', before: '0'.repeat(40), after }
  return deliverGithubPush(url, gitUrl, githubSecret, push)
}

describe('driftless serve', () => {
  it('brings a repository into a cluster, and a push behind it', { timeout: 60_000 }, async () => {
    served = await serve()
    await eventually(async () => expect(await flagsInCluster()).toBeDefined())
    expect((await pushTo(served.url, 'first')).status).toBe(202)
    await eventually(async () =>
      expect(await flagsInCluster()).toEqual({ 'flags.properties': 'value=first\n' }),
    )
  })

  it('loses no accepted push to kill -9, whenever that comes', { timeout: 120_000 }, async () => {
    for (const delayMs of [0, 3, 10, 20, 35, 60]) {
      const before = served ?? (await serve())
      const delivered = await pushTo(before.url, `kill-${delayMs}`)
      expect(delivered.status).toBe(202)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      await before.kill()
      served = await serve()
      await eventually(async () =>
        expect(await flagsInCluster()).toEqual({ 'flags.properties': `value=kill-${delayMs}\n` }),
      )
    }
  })

  it('refuses a second process over the same state', async () => {
    await expect(serve()).rejects.toThrow(/in use by another driftless serve/)
  })

  it('ends in peace on SIGTERM', { timeout: 20_000 }, async () => {
    const running = served ?? (await serve())
    const code = new Promise((resolve) => running.process.once('exit', resolve))
    running.process.kill('SIGTERM')
    expect(await code).toBe(0)
    served = undefined
  })
})
