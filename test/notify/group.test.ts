import { describe, expect, it } from 'vitest'
import {
  addToGroup,
  groupKey,
  isDue,
  type MessageGroup,
  parseGroup,
  postponed,
  sendAt,
  withoutSent,
} from '../../lib/notify/group.ts'
import { closing, event, later, now, providerId } from './events.ts'

const provider = providerId()

function groupOf(...events: Parameters<typeof addToGroup>[2][]): MessageGroup {
  const group = events.reduce<MessageGroup | undefined>(
    (current, next) => addToGroup(current, provider, next, now),
    undefined,
  )
  if (group === undefined) throw new Error('nothing to tell')
  return group
}

describe('groupKey', () => {
  it('keeps providers, clusters and revisions apart, in segments safe for a store', () => {
    const keys = [
      groupKey(provider, event()),
      groupKey(providerId('other'), event()),
      groupKey({ ...provider, cluster: 'production' }, event()),
      groupKey(provider, event({ metadata: { revision: 'feature/x@sha1:../..' } })),
      groupKey(provider, event({ metadata: {} })),
    ]
    expect(new Set(keys).size).toBe(5)
    for (const key of keys) expect(key).toMatch(/^[a-z]+\/[a-z-]+\/[a-z]+\/[0-9a-f]{16}$/)
  })
})

describe('a group', () => {
  it('waits ten seconds from its first event on, and no longer', () => {
    const first = groupOf(event())
    const second = addToGroup(first, provider, event(), later(9))
    expect(second && isDue(second, later(9))).toBe(false)
    expect(second && isDue(second, later(10))).toBe(true)
    expect(second?.events).toHaveLength(2)
  })

  it('goes at once with an error, and takes along what waits', () => {
    const group = addToGroup(groupOf(event()), provider, event({ severity: 'error' }), later(1))
    expect(group && isDue(group, later(1))).toBe(true)
    expect(group?.events).toHaveLength(2)
  })

  it('holds an event once, also when it comes again after it was told', () => {
    const told = event()
    const group = groupOf(told)
    expect(addToGroup(group, provider, told, now)).toBe(group)
    const sent = withoutSent(group, [told], later(10))
    expect(addToGroup(sent, provider, told, later(11))).toBe(sent)
    expect(sent.events).toEqual([])
    expect(isDue(sent, later(99))).toBe(false)
  })

  it('opens for no closing event, but keeps the one that comes while it is open', () => {
    expect(addToGroup(undefined, provider, closing(), now)).toBeUndefined()
    const group = groupOf(event(), closing())
    expect(group.events).toHaveLength(2)
    const sent = withoutSent(group, group.events.slice(0, 1), later(10))
    expect(sent.events).toEqual([])
    expect(addToGroup(sent, provider, closing(), later(11))).toBe(sent)
  })

  it('keeps what came while a message was under way, due at once', () => {
    const group = groupOf(event())
    const grown = addToGroup(group, provider, event(), later(10))
    const left = grown && withoutSent(grown, group.events, later(11))
    expect(left?.events).toHaveLength(1)
    expect(left && isDue(left, later(11))).toBe(true)
  })

  it('waits as long as the chat asks, though errors come', () => {
    const refused = postponed(groupOf(event()), 60, later(10))
    const group = addToGroup(refused, provider, event({ severity: 'error' }), later(20))
    expect(group && sendAt(group)).toBe(later(70).toISOString())
    expect(group).toMatchObject({ refusals: 1, events: { length: 2 } })
    const sent = group && withoutSent(group, group.events, later(70))
    expect(sent).toMatchObject({ refusals: 0 })
    expect(sent && sendAt(sent)).toBe(later(70).toISOString())
  })

  it('stays small however many and however large the events are', () => {
    const huge = { message: 'x'.repeat(39_000), changes: bigChanges(5000) }
    const group = groupOf(...Array.from({ length: 1000 }, () => event(huge)))
    expect(group.events).toHaveLength(100)
    expect(group.omitted).toBe(900)
    expect(group.told).toHaveLength(400)
    expect(JSON.stringify(group).length).toBeLessThan(2_000_000)
  })

  it('counts the changes that it does not keep', () => {
    const changes = [...bigChanges(300), { subject: 'Pod/x/old', action: 'deleted' }]
    const { events } = groupOf(event({ changes, omittedChanges: { created: 700 } }))
    expect(events[0]?.changes).toHaveLength(200)
    expect(events[0]?.omittedChanges).toEqual({ created: 800, deleted: 1 })
  })

  it('is read back as it was written, and nothing else is', () => {
    const group = postponed(groupOf(event()), 5, now)
    expect(parseGroup(JSON.parse(JSON.stringify(group)))).toEqual(group)
    for (const value of [null, [], {}, 'x', { ...group, events: {} }]) {
      expect(parseGroup(value)).toBeUndefined()
    }
  })
})

function bigChanges(length: number) {
  return Array.from({ length }, (_, index) => ({ subject: `Pod/x/${index}`, action: 'created' }))
}
