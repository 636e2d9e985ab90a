import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createFileStore } from '../../lib/store/files.ts'

it('lets timers through however many reads follow one another', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'driftless-breath-'))
  const store = createFileStore(directory)
  await store.put('a', '{}')
  let hasFired = false
  setTimeout(() => {
    hasFired = true
  }, 1)
  let reads = 0
  // Without a breath nothing but reads is done until they end.
  for (; !hasFired && reads < 200_000; reads += 1) await store.get('a')
  expect(hasFired).toBe(true)
  await rm(directory, { recursive: true })
})
