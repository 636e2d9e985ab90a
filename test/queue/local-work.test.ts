import { describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../lib/queue/journal.ts'
import { createLine } from '../../lib/queue/line.ts'
import { type State, send, wake, whenIdle } from '../../lib/queue/local-work.ts'
import { message } from './contract.ts'
import { createTestClock } from './test-clock.ts'

/** A queue whose disk is full for as long as the test says. */
function fullDisk() {
  let isFull = true
  const written: JournalEntry[] = []
  const warnings: string[] = []
  const state: State = {
    concurrency: 1,
    maxReceives: 5,
    backoffMs: () => 1000,
    clock: createTestClock(),
    warn: (text) => warnings.push(text),
    unlock: () => {},
    journal: {
      append: (entries) => {
        if (isFull) throw new Error('ENOSPC: no space left on device')
        written.push(...entries)
      },
      kept: () => [],
      close: () => {},
    },
    line: createLine(),
    sentAt: new Map(),
    running: new Map(),
    consume: undefined,
    cancelTimer: undefined,
    nextNumber: 1,
    isWoken: false,
    phase: 'open',
  }
  return {
    state,
    written,
    warnings,
    set: (value: boolean) => {
      isFull = value
    },
  }
}

describe('a queue on a full disk', () => {
  it('says that it kept nothing, and keeps all of it when it is sent again', async () => {
    const { state, written, set } = fullDisk()
    const messages = [message('a', '1'), message('a', '2', 30)]
    expect(() => send(state, messages)).toThrow(
      expect.objectContaining({ code: 'SendFailed', retryable: true }),
    )
    expect(state.line.counts().waiting).toBe(0)
    set(false)
    send(state, messages)
    expect(written.filter(({ op }) => op === 'send')).toHaveLength(2)
    expect(state.line.counts().waiting).toBe(2)
  })

  it('goes on with what it has, and says what it could not write down', async () => {
    const { state, warnings, set } = fullDisk()
    set(false)
    send(state, [message('a', '1')])
    set(true)
    const seen: string[] = []
    state.consume = async ({ id }) => {
      seen.push(id)
    }
    wake(state)
    await whenIdle(state)
    expect(seen).toEqual(['1'])
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toContain('ENOSPC')
  })
})
