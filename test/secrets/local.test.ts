import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLocalSealer } from '../../lib/secrets/local.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts'

describe('the local sealer', () => {
  let folder: TemporaryFolder
  let keyFile = ''
  beforeEach(async () => {
    folder = await createTemporaryFolder()
    keyFile = join(folder.path, 'keys/seal.key')
  })
  afterEach(() => folder.remove())

  it('opens what it sealed, also after a restart', async () => {
    const sealed = await createLocalSealer(keyFile).seal('hünter 2', 'hooks/a')
    expect(sealed).toMatch(/^local1:[\w-]+$/)
    expect(await createLocalSealer(keyFile).open(sealed, 'hooks/a')).toBe('hünter 2')
    expect(
      await createLocalSealer(keyFile).open(await createLocalSealer(keyFile).seal('', 'x'), 'x'),
    ).toBe('')
  })

  it('never seals to the same text twice', async () => {
    const sealer = createLocalSealer(keyFile)
    expect(await sealer.seal('a', 'x')).not.toBe(await sealer.seal('a', 'x'))
  })

  it('opens nothing for another context, nothing changed, nothing foreign', async () => {
    const sealer = createLocalSealer(keyFile)
    const sealed = await sealer.seal('secret', 'hooks/a')
    const bytes = Buffer.from(sealed.slice(7), 'base64url')
    const flipped = [0, 12, 28, bytes.length - 1].map((index) => {
      const copy = Buffer.from(bytes)
      copy[index] = (copy[index] ?? 0) ^ 1
      return `local1:${copy.toString('base64url')}`
    })
    const broken = [...flipped, sealed.slice(0, -2), 'local1:', 'kms:abc', '', sealed.slice(7)]
    for (const text of broken) {
      await expect(sealer.open(text, 'hooks/a')).rejects.toMatchObject({ code: 'SealBroken' })
    }
    await expect(sealer.open(sealed, 'hooks/b')).rejects.toMatchObject({ code: 'SealBroken' })
    const other = createLocalSealer(join(folder.path, 'other.key'))
    await other.seal('x', 'x')
    await expect(other.open(sealed, 'hooks/a')).rejects.toMatchObject({ code: 'SealBroken' })
  })

  it('makes one key, of mode 0600, however many begin at once', async () => {
    const sealers = Array.from({ length: 10 }, () => createLocalSealer(keyFile))
    const sealed = await Promise.all(sealers.map((sealer) => sealer.seal('same', 'x')))
    const opened = await Promise.all(
      sealed.map((text) => createLocalSealer(keyFile).open(text, 'x')),
    )
    expect(new Set(opened)).toEqual(new Set(['same']))
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600)
    expect(await readFile(keyFile)).toHaveLength(32)
  })

  it('uses no key that others may read', async () => {
    await createLocalSealer(keyFile).seal('a', 'x')
    await chmod(keyFile, 0o644)
    await expect(createLocalSealer(keyFile).seal('a', 'x')).rejects.toMatchObject({
      code: 'KeyExposed',
    })
  })

  it('uses no key of another length', async () => {
    const short = join(folder.path, 'short.key')
    await writeFile(short, 'short', { mode: 0o600 })
    await expect(createLocalSealer(short).seal('a', 'x')).rejects.toMatchObject({
      code: 'KeyUnreadable',
    })
  })
})
