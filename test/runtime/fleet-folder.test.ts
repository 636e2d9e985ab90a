import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readFleet, watchFleet } from '../../lib/runtime/fleet-folder.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'driftless-fleet-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const cluster = (name: string) =>
  `apiVersion: fleet.driftless.dev/v1\nkind: Cluster\nmetadata: { name: ${name} }\nspec: { connection: { sandbox: {} } }\n`

const write = (path: string, text: string) => writeFile(join(folder, path), text)

const namesIn = async (path = folder) =>
  (await readFleet(path)).clusters.map(({ name }) => name).sort()

describe('readFleet', () => {
  it('reads every YAML file below a folder, and links to such, but nothing whose name begins with a dot', async () => {
    await mkdir(join(folder, 'deep', '.git'), { recursive: true })
    await mkdir(join(folder, '..data'))
    await write('one.yaml', cluster('one'))
    await write('deep/two.yml', cluster('two'))
    await write('deep/.git/not.yaml', cluster('not'))
    await write('notes.txt', 'text')
    await write('..data/linked.yaml', cluster('linked'))
    await symlink(join('..data', 'linked.yaml'), join(folder, 'linked.yaml'))
    expect(await namesIn()).toEqual(['linked', 'one', 'two'])
  })

  it('reads one file alone', async () => {
    await write('one.yaml', cluster('one'))
    await write('two.yaml', cluster('two'))
    expect(await namesIn(join(folder, 'one.yaml'))).toEqual(['one'])
  })

  it('names files relative to the folder in faults, and goes on with the others', async () => {
    await write('bad.yaml', 'kind: [\n')
    await write('one.yaml', cluster('one'))
    const fleet = await readFleet(folder)
    expect(fleet.clusters.map(({ name }) => name)).toEqual(['one'])
    expect(fleet.faults.map(({ file }) => file)).toEqual(['bad.yaml'])
  })

  it('throws where the folder is gone: that is no empty fleet', async () => {
    await expect(readFleet(join(folder, 'nope'))).rejects.toThrow('ENOENT')
  })
})

describe('watchFleet', () => {
  it('goes on seeing a file that editors replace again and again', async () => {
    const file = join(folder, 'fleet.yaml')
    await write('fleet.yaml', cluster('one'))
    let seen = () => {}
    const stop = watchFleet(file, () => seen())
    for (const name of ['two', 'three']) {
      const change = new Promise<void>((resolve) => {
        seen = resolve
      })
      await write('new.tmp', cluster(name))
      await rename(join(folder, 'new.tmp'), file)
      await change
      expect(await namesIn(file)).toEqual([name])
    }
    stop()
  })

  it('sees what changes deep below a folder', async () => {
    await mkdir(join(folder, 'deep'))
    const change = new Promise<void>((resolve) => {
      const stop = watchFleet(folder, () => {
        stop()
        resolve()
      })
    })
    await write('deep/two.yaml', cluster('two'))
    await change
    expect(await namesIn()).toEqual(['two'])
  })
})
