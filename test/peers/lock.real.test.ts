import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withLock } from './lock.ts'

describe('the lock of a build', () => {
  let file = ''

  beforeAll(() => {
    file = join(mkdtempSync(join(tmpdir(), 'driftless-lock-')), 'kustomize.lock')
  })
  afterAll(() => rmSync(join(file, '..'), { recursive: true, force: true }))

  it('lets one after the other work and names who is waited for', async () => {
    const events: string[] = []
    const first = Promise.withResolvers<void>()
    const one = withLock(
      file,
      () => events.push('one waits'),
      () => first.promise,
    )
    const two = withLock(
      file,
      (holder) => {
        events.push(`two waits for ${holder}`)
        first.resolve()
      },
      async () => void events.push('two works'),
    )
    await Promise.all([one, two])
    expect(events[0]).toBe(`two waits for process ${process.pid}`)
    expect(events.at(-1)).toBe('two works')
    expect(events).not.toContain('one waits')
  })

  it('breaks the lock of a process that was killed', async () => {
    writeFileSync(file, 'process 1')
    const longAgo = new Date(Date.now() - 60_000)
    utimesSync(file, longAgo, longAgo)
    const waits: string[] = []
    await withLock(
      file,
      (holder) => waits.push(holder),
      async () => undefined,
    )
    expect(waits).toEqual([])
  })

  it('is free again after work that failed', async () => {
    const failing = withLock(
      file,
      () => undefined,
      () => Promise.reject(new Error('no space')),
    )
    await expect(failing).rejects.toThrow('no space')
    expect(
      await withLock(
        file,
        () => undefined,
        async () => 'done',
      ),
    ).toBe('done')
  })
})
