import { describe, expect, it } from 'vitest'
import { parseRecent, type RecentEvents, recordEvent } from '../../lib/notify/recent.ts'
import { closing, event, later, now } from './events.ts'

describe('recordEvent', () => {
  it('lets an equal event through once in five minutes', () => {
    const { recent } = recordEvent(undefined, event(), now)
    expect(recordEvent(recent, event(), later(299)).isDouble).toBe(true)
    expect(recordEvent(recent, event(), later(300)).isDouble).toBe(false)
  })

  it('lets the redelivery of the very same event through', () => {
    const first = event()
    const { recent } = recordEvent(undefined, first, now)
    expect(recordEvent(recent, first, now).isDouble).toBe(false)
  })

  it.each([
    ['object', { involvedObject: { name: 'infra' } }],
    ['message', { message: 'other' }],
    ['revision', { metadata: { revision: 'main@sha1:0' } }],
    ['origin', { metadata: { ...event().metadata, originRevision: 'x' } }],
    ['token', { metadata: { ...event().metadata, token: 'x' } }],
  ])('tells events of another %s apart', (_, changes) => {
    const { recent } = recordEvent(undefined, event(), now)
    expect(recordEvent(recent, event(changes), now).isDouble).toBe(false)
  })

  it('is not deceived by the duration in a repeated failure', () => {
    const failure = (took: string) =>
      event({ severity: 'error', message: `health check failed after ${took}: timeout` })
    const { recent } = recordEvent(undefined, failure('30.031s'), now)
    expect(recordEvent(recent, failure('1m0.5s'), now).isDouble).toBe(true)
    const named = (name: string) => event({ severity: 'error', message: `Pod/x/${name} failed` })
    const after = recordEvent(undefined, named('web-5s-a'), now).recent
    expect(recordEvent(after, named('web-6s-a'), now).isDouble).toBe(false)
  })

  it('lets every closing event through: a commit status must follow a failure', () => {
    const { recent } = recordEvent(undefined, closing(), now)
    const next = closing({ message: 'Reconciliation finished in 2s, next run in 10m0s' })
    expect(recordEvent(recent, next, now).isDouble).toBe(false)
  })

  it('stays bounded in a flood of names', () => {
    const untilMs = later(60).getTime()
    const full = Array.from({ length: 1000 }, (_, index) => [
      `k${index}`,
      { eventId: 'x', untilMs },
    ])
    const entries: RecentEvents['entries'] = Object.fromEntries(full)
    const { recent } = recordEvent({ version: 1, entries }, event(), now)
    expect(Object.keys(recent.entries)).toHaveLength(1000)
    expect(recent.entries.k0).toBeUndefined()
    expect(recordEvent(recent, event(), now).isDouble).toBe(true)
    expect(parseRecent(JSON.parse(JSON.stringify(recent)))).toEqual(recent)
    expect(parseRecent({ entries: { a: 1 } })).toBeUndefined()
  })
})
