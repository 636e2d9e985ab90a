import { describe, expect, it } from 'vitest'
import type { ActiveAlert } from '../../lib/notify/alerts.ts'
import type { MessageGroup } from '../../lib/notify/group.ts'
import { createNotifier, jobGroup, type NoticeJob } from '../../lib/notify/notifier.ts'
import type { RecentEvents } from '../../lib/notify/recent.ts'
import type { ProviderTarget } from '../../lib/notify/target.ts'
import { createChatServer, discordPath, slackPath } from '../../lib/sandbox/chat/server.ts'
import { DriftlessError } from '../../lib/status/error.ts'
import type { Event } from '../../lib/status/event.ts'
import { alert, closing, event, later, providerId } from './events.ts'

const changes = [{ subject: 'Deployment/apps/web', action: 'configured' }]
const base = { headers: {}, timeoutMs: 1000 }
const targets: Readonly<Record<string, ProviderTarget>> = {
  chat: { ...base, type: 'slack', url: `http://chat${slackPath}` },
  discord: { ...base, type: 'discord', url: `http://chat${discordPath}?wait=true` },
  hook: { ...base, type: 'generic', url: 'http://chat/hook' },
}

type Planned = { readonly job: NoticeJob; readonly id: string; readonly at: Date }

/** A notifier over memory, whose clock goes on by hand. */
function world(alerts: readonly ActiveAlert[] = [alert()]) {
  const groups = new Map<string, MessageGroup>()
  const recents = new Map<string, RecentEvents>()
  const events = new Map<string, Event>()
  const waiting: Planned[] = []
  const reports: string[] = []
  const posted: { url: string; body: string }[] = []
  const clock = { seconds: 0, isDown: false, fault: undefined as Error | undefined }
  const now = () => later(clock.seconds)
  const chat = createChatServer({ now })
  const notifier = createNotifier({
    now,
    alertsOf: async () => alerts,
    labelsOf: async () => undefined,
    providerType: async ({ name }) => targets[name]?.type,
    targetOf: async ({ name }) => {
      if (clock.fault !== undefined) throw clock.fault
      return targets[name]
    },
    commitOf: async () => ({ subject: 'web: bump', author: 'Jane' }),
    readGroup: async (key) => groups.get(key),
    readEvent: async (id) => events.get(id),
    updateGroup: async (key, change) => {
      const next = change(groups.get(key))
      if (next !== undefined) groups.set(key, next)
      return next
    },
    updateRecent: async (cluster, change) => {
      const next = change(recents.get(cluster))
      recents.set(cluster, next)
      return next
    },
    schedule: async (job, id, delaySeconds) => {
      const at = later(clock.seconds + delaySeconds)
      if (!waiting.some((planned) => planned.id === id)) waiting.push({ job, id, at })
    },
    post: async ({ url, body, headers, method }) => {
      posted.push({ url, body })
      if (clock.isDown) return { status: 503, headers: {}, body: new Uint8Array() }
      const path = new URL(url).pathname
      const answer = await chat.app.request(`${path}?wait=true`, { method, headers, body })
      const bytes = new Uint8Array(await answer.arrayBuffer())
      const isHook = path === '/hook'
      return {
        status: isHook ? 200 : answer.status,
        headers: Object.fromEntries(answer.headers),
        body: bytes,
      }
    },
    report: (subject, message) => void reports.push(`${subject.name}: ${message}`),
  })
  const notify = async (...all: Event[]) => {
    for (const entry of all) {
      events.set(entry.id, entry)
      await notifier.notify(entry)
    }
  }
  /** Works on everything that is due until `seconds`. */
  const passTo = async (seconds: number) => {
    for (;;) {
      const next = waiting.toSorted((a, b) => a.at.getTime() - b.at.getTime())[0]
      if (next === undefined || next.at > later(seconds)) break
      waiting.splice(waiting.indexOf(next), 1)
      clock.seconds = Math.max(clock.seconds, (next.at.getTime() - later(0).getTime()) / 1000)
      await notifier.run(next.job)
    }
    clock.seconds = seconds
  }
  return { chat, clock, groups, notify, notifier, passTo, posted, reports, waiting }
}

describe('a notifier', () => {
  it('tells all that happened within ten seconds in one message', async () => {
    const { chat, notify, passTo } = world()
    await notify(
      event({ changes }),
      event({ changes, involvedObject: { name: 'infra' } }),
      closing(),
    )
    await passTo(9)
    expect(chat.messages()).toEqual([])
    await passTo(10)
    expect(chat.messages()).toHaveLength(1)
    expect(chat.messages()[0]?.text).toContain('staging: apps, infra changed')
    expect(chat.messages()[0]?.text).toContain('web: bump — Jane')
    expect(chat.messages()[0]?.text).toContain('1.2s')
    await passTo(100)
    expect(chat.messages()).toHaveLength(1)
    expect(chat.refusals()).toEqual([])
  })

  it('tells errors at once', async () => {
    const { chat, notify, passTo } = world()
    await notify(event({ severity: 'error', reason: 'BuildFailed' }))
    await passTo(0)
    expect(chat.messages()).toHaveLength(1)
  })

  it('tells each event once, however often it is delivered, and no event twice in five minutes', async () => {
    const { chat, notify, passTo } = world()
    const first = event({ changes })
    await notify(first, first, event({ changes }))
    await passTo(20)
    await notify(first, event({ changes }))
    await passTo(60)
    expect(chat.messages()).toHaveLength(1)
  })

  it('gives every provider its own message, and generic webhooks each event', async () => {
    const alerts = ['chat', 'discord', 'hook'].map((providerName) => alert({ providerName }))
    const { chat, notify, passTo, posted } = world(alerts)
    await notify(event({ changes }), closing())
    await passTo(10)
    expect(chat.messages().map(({ service }) => service)).toEqual(['slack', 'discord'])
    const hooked = posted.filter(({ url }) => url === 'http://chat/hook')
    expect(hooked.map(({ body }) => JSON.parse(body).reason)).toEqual([
      'Progressing',
      'ReconciliationSucceeded',
    ])
  })

  it('keeps trying while a chat is down for an hour, joins what happens meanwhile, and holds up nobody', async () => {
    const { chat, clock, notify, passTo, posted } = world([
      alert(),
      alert({ providerName: 'discord' }),
    ])
    clock.isDown = true
    await notify(event({ severity: 'error', message: 'first' }))
    await passTo(1800)
    await notify(event({ severity: 'error', message: 'second' }))
    await passTo(3600)
    expect(posted.length).toBeLessThan(60)
    clock.isDown = false
    await passTo(4000)
    expect(chat.messages()).toHaveLength(2)
    for (const { text } of chat.messages()) expect(text).toContain('second')
  })

  it('comes back when a chat asks it to slow down', async () => {
    const { chat, notify, passTo } = world()
    const names = Array.from({ length: 8 }, (_, index) => `app-${index}`)
    for (const name of names) {
      await notify(
        event({
          severity: 'error',
          involvedObject: { name },
          metadata: { revision: `main@sha1:${name}` },
        }),
      )
    }
    await passTo(30)
    expect(chat.messages()).toHaveLength(8)
    expect(chat.throttled()).toBeGreaterThan(0)
    expect(chat.refusals()).toEqual([])
  })

  it('gives up what is refused for good, and tells why', async () => {
    const { clock, groups, notify, passTo, reports, waiting } = world()
    clock.fault = new DriftlessError('Failed', 'AddressMissing', 'the provider has no address')
    await notify(event({ severity: 'error' }))
    await passTo(5)
    expect(reports).toEqual(['chat: failed to send notification: the provider has no address'])
    expect(waiting).toEqual([])
    expect([...groups.values()].map(({ events }) => events.length)).toEqual([0])
  })

  it('tries again where the secret cannot be read at the moment', async () => {
    const { chat, clock, notify, passTo } = world()
    clock.fault = new DriftlessError('ClusterUnreachable', 'x', 'no route', { retryable: true })
    await notify(event({ severity: 'error' }))
    await passTo(10)
    clock.fault = undefined
    await passTo(60)
    expect(chat.messages()).toHaveLength(1)
  })

  it('sends nothing to a provider that is not there, and reports faulty alerts', async () => {
    const alerts = [alert({ providerName: 'gone' }), alert({ exclusionList: ['('] })]
    const { notify, reports, waiting } = world(alerts)
    await notify(event())
    expect(waiting).toHaveLength(1)
    expect(reports).toHaveLength(1)
  })

  it('works on the jobs of one provider in turn', () => {
    const provider = providerId()
    const group: NoticeJob = { kind: 'group', key: 'staging/flux-system/chat/0123456789abcdef' }
    const single: NoticeJob = { kind: 'event', eventId: '1', provider, metadata: {}, attempt: 1 }
    expect(jobGroup(group)).toBe('provider/staging/flux-system/chat')
    expect(jobGroup(single)).toBe(jobGroup(group))
  })
})
