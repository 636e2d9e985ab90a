import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFileStore } from '../../lib/store/files.ts'
import { describeStore } from './contract.ts'
import { createTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'

describeStore('files', async () => {
  const folder = await createTemporaryFolder()
  return { store: createFileStore(folder.path), close: folder.remove }
})

describe('a state folder', () => {
  let folder: TemporaryFolder
  beforeEach(async () => {
    folder = await createTemporaryFolder()
  })
  afterEach(() => folder.remove())

  it('can be read by its owner only', async () => {
    const path = join(folder.path, 'state')
    await createFileStore(path).put('status/a', '{"version":1}')
    const modes = [path, join(path, 'status'), join(path, 'status/a.rec')].map(
      async (each) => (await stat(each)).mode & 0o777,
    )
    expect(await Promise.all(modes)).toEqual([0o700, 0o700, 0o600])
  })

  it('shows a record below its etag, and takes what was changed by hand', async () => {
    const store = createFileStore(folder.path)
    const etag = await store.put('a', '{"version":1}')
    const file = join(folder.path, 'a.rec')
    expect(await readFile(file, 'utf8')).toBe(`${etag}\n{"version":1}`)
    await writeFile(file, `${etag}\n{"version":2}`)
    expect(new TextDecoder().decode((await store.get('a'))?.body)).toBe('{"version":2}')
  })

  it('says which record is cut off, as a power cut leaves it, and lets it be written anew', async () => {
    const store = createFileStore(folder.path)
    for (const left of ['', 'abc', '0'.repeat(33), 'not ours']) {
      await writeFile(join(folder.path, 'a.rec'), left)
      await expect(store.get('a')).rejects.toMatchObject({
        code: 'RecordUnreadable',
        message: expect.stringMatching(/^a: /),
      })
      expect(await store.put('a', '1', { ifNoneMatch: '*' })).toBeUndefined()
      expect(await store.put('a', '1')).toBeDefined()
      expect(await store.delete('a')).toBe(true)
    }
  })

  it('overlooks what others put there', async () => {
    const store = createFileStore(folder.path)
    await store.put('a/b', '1')
    await writeFile(join(folder.path, '.DS_Store'), 'x')
    await writeFile(join(folder.path, 'a', 'notes.txt'), 'x')
    await mkdir(join(folder.path, 'lost+found'))
    expect(await store.list('')).toEqual(['a/b'])
  })

  it('is swept of what killed writers left, an hour later', async () => {
    const temporary = join(folder.path, '.temporary')
    await mkdir(temporary)
    await writeFile(join(temporary, 'old'), 'x')
    await writeFile(join(temporary, 'new'), 'x')
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000)
    await utimes(join(temporary, 'old'), longAgo, longAgo)
    await createFileStore(folder.path).put('a', '1')
    expect(await readdir(temporary)).toEqual(['new'])
  })

  it('keeps no empty folders', async () => {
    const store = createFileStore(folder.path)
    await store.put('calendar/at/2026/a', '')
    await store.put('calendar/of/a', '')
    await store.delete('calendar/at/2026/a')
    expect(await readdir(join(folder.path, 'calendar'))).toEqual(['of'])
  })

  it('that is a file is told to be so', async () => {
    const path = join(folder.path, 'file')
    await writeFile(path, '')
    const store = createFileStore(path)
    await expect(store.put('a', '1')).rejects.toMatchObject({ code: 'StoreUnreachable' })
  })
})
