import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildForDisk, writeFiles } from '../../lib/cli/build/write-output.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { requirePeer } from '../peers/peers.ts'
import { writeWork } from './cases.ts'

const object = (type: string, name: string, namespace = ''): string =>
  `${type}\nmetadata:\n  name: ${name}\n${namespace === '' ? '' : `  namespace: ${namespace}\n`}---\n`
const long = `data: {text: "${'many words and '.repeat(12)}"}\n`
const config = 'apiVersion: v1\nkind: ConfigMap'
const all = {
  one: `${object(config, 'Settings')}${config}\nmetadata: {name: long}\n${long}`,
  several: `${object(config, 'a', 'One')}${object(config, 'a', 'two')}${object(config, 'b')}${object('apiVersion: apps/v1\nkind: Deployment', 'web', 'two')}${object('apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole', 'system:reader')}`,
}

describeWithPeers(['kustomize'], 'driftless build -o FOLDER', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftless-output-'))
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  const filesOf = async (path: string): Promise<ReadonlyMap<string, string>> => {
    const names = (await readdir(path)).sort()
    const texts = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')))
    return new Map(names.map((name, index) => [name, texts[index] ?? '']))
  }

  it.each(Object.entries(all))('writes what kustomize writes: %s', async (name, text) => {
    const work = join(folder, name)
    const files = { 'work/kustomization.yaml': 'resources: [all.yaml]\n', 'work/all.yaml': text }
    await writeWork(work, new Map(Object.entries(files)))
    for (const target of ['real', 'ours']) await mkdir(join(folder, name, target))
    execFileSync(requirePeer('kustomize'), ['build', work, '-o', join(work, 'real')])
    const flags = { reorder: 'legacy', loadRestrictor: 'LoadRestrictionsRootOnly' } as const
    const written = buildForDisk(work, join(work, 'ours'), flags, { workingDirectory: folder })
    await writeFiles(written, folder)
    expect(written.warnings).toEqual([])
    expect(await filesOf(join(work, 'ours'))).toEqual(await filesOf(join(work, 'real')))
  })
})
