import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newHolder } from '../../lib/store/lock-holder.ts'
import { createLockFolder, tryProcessLock } from '../../lib/store/process-lock.ts'
import { createTemporaryFolder, type TemporaryFolder } from './temporary-folder.ts'

describe('a lock between processes', () => {
  let folder: TemporaryFolder
  let path = ''
  beforeEach(async () => {
    folder = await createTemporaryFolder()
    path = join(folder.path, 'state/serve.lock')
  })
  afterEach(() => folder.remove())

  /** A holder that looks like one of a process that has ended: no process has this id. */
  const deadHolder = () => newHolder().replace(`:${process.pid}:`, ':4194305:')
  const heldBy = async (holder: string) => {
    await mkdir(join(folder.path, 'state'), { recursive: true })
    await writeFile(path, holder)
  }

  it('has one holder at a time', () => {
    const unlock = tryProcessLock(path)
    expect(unlock).toBeDefined()
    expect(tryProcessLock(path)).toBeUndefined()
    unlock?.()
    const again = tryProcessLock(path)
    expect(again).toBeDefined()
    again?.()
  })

  it('leaves nothing behind', async () => {
    tryProcessLock(path)?.()
    expect(await readdir(join(folder.path, 'state'))).toEqual([])
  })

  it('is taken over from a process that has ended', async () => {
    await heldBy(deadHolder())
    const unlock = tryProcessLock(path)
    expect(unlock).toBeDefined()
    expect(tryProcessLock(path)).toBeUndefined()
    unlock?.()
    expect(await readdir(join(folder.path, 'state'))).toEqual([])
  })

  it('is taken over from a process whose id now belongs to another', async () => {
    const [machine, pid, , token] = newHolder().split(':')
    await heldBy([machine, pid, '1', token].join(':'))
    expect(tryProcessLock(path)).toBeDefined()
  })

  it('is left to a holder elsewhere until that one has been silent', async () => {
    await heldBy('another-machine:1:2:3')
    expect(tryProcessLock(path)).toBeUndefined()
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(path, longAgo, longAgo)
    expect(tryProcessLock(path)).toBeDefined()
  })

  it('is not released by one who lost it', async () => {
    const unlock = tryProcessLock(path)
    await writeFile(path, 'another-machine:1:2:3')
    unlock?.()
    expect(await readFile(path, 'utf8')).toBe('another-machine:1:2:3')
  })

  it('goes to one of many who find its holder dead', async () => {
    await heldBy(deadHolder())
    const unlocks = Array.from({ length: 10 }, () => tryProcessLock(path))
    expect(unlocks.filter((unlock) => unlock !== undefined)).toHaveLength(1)
  })

  it('is taken over although one who was taking it over has ended too', async () => {
    const dead = deadHolder()
    await heldBy(dead)
    const { createHash } = await import('node:crypto')
    const token = createHash('sha256').update(dead).digest('hex').slice(0, 24)
    await writeFile(`${path}.${token}`, deadHolder())
    const unlock = tryProcessLock(path)
    expect(unlock).toBeDefined()
    unlock?.()
    expect(await readdir(join(folder.path, 'state'))).toEqual([])
  })

  it('can be had again after its folder was emptied', async () => {
    const locks = createLockFolder(join(folder.path, 'locks'))
    locks.tryLock('a')?.()
    await folder.remove()
    const unlock = locks.tryLock('a')
    expect(unlock).toBeDefined()
    expect(locks.tryLock('a')).toBeUndefined()
    unlock?.()
  })

  it('of a folder sweeps the names of processes that have ended', async () => {
    const locks = join(folder.path, 'locks')
    await mkdir(locks)
    await writeFile(join(locks, 'holder.dead'), deadHolder())
    await writeFile(join(locks, 'holder.alive'), newHolder())
    createLockFolder(locks).tryLock('a')?.()
    const names = await readdir(locks)
    expect(names).toContain('holder.alive')
    expect(names).not.toContain('holder.dead')
  })
})
