import { describe, expect, it } from 'vitest'
import { commitUrl } from '../../lib/notify/commit-link.ts'
import { createMessage } from '../../lib/notify/message.ts'
import { closing, event, revision, sha } from './events.ts'

const created = [
  { subject: 'Deployment/apps/web', action: 'created' },
  { subject: 'Service/apps/web', action: 'created' },
]

describe('createMessage', () => {
  it('says what changed, at which commit, by whom, and how long it took', () => {
    const changes = [...created, { subject: 'ConfigMap/apps/old', action: 'deleted' }]
    const message = createMessage([event({ changes }), closing()], {
      sourceUrl: 'https://github.com/acme/fleet-infra.git',
      author: 'Jane',
      subject: 'web: bump image',
    })
    expect(message).toEqual({
      severity: 'info',
      cluster: 'staging',
      title: 'apps changed',
      revision: {
        text: 'main@sha1:67e2c98a',
        url: `https://github.com/acme/fleet-infra/commit/${sha}`,
      },
      author: 'Jane',
      subject: 'web: bump image',
      parts: [
        {
          tone: 'changed',
          subject: 'Kustomization/flux-system/apps',
          summary: '2 created, 1 deleted',
          duration: '1.2s',
          changes: [
            { action: 'created', subjects: ['Deployment/apps/web', 'Service/apps/web'], count: 2 },
            { action: 'deleted', subjects: ['ConfigMap/apps/old'], count: 1 },
          ],
          text: '',
          notes: [],
        },
      ],
      omitted: 0,
      facts: [],
      at: '2026-11-23T10:00:00.000Z',
    })
  })

  it('puts failures first, with what had changed before and why it failed', () => {
    const infra = { involvedObject: { name: 'infra' } }
    const message = createMessage([
      event({ changes: created }),
      event({ ...infra, severity: 'error', reason: 'BuildFailed', message: 'no such file\n' }),
    ])
    expect(message.severity).toBe('error')
    expect(message.title).toBe('infra failed; apps changed')
    expect(message.parts[0]).toMatchObject({
      tone: 'failed',
      summary: 'BuildFailed',
      text: 'no such file',
    })
  })

  it('says why an object is not healthy, without what a terminal or a chat would obey', () => {
    const details = [
      'Pod/apps/web-1: container app is in CrashLoopBackOff',
      '  panic\u0007: no table',
    ]
    const failed = event({
      severity: 'error',
      reason: 'HealthCheckFailed',
      message: 'failed',
      details,
    })
    expect(createMessage([failed]).parts[0]?.text).toBe(
      'failed\nPod/apps/web-1: container app is in CrashLoopBackOff\n  panic: no table',
    )
  })

  it('tells drift that was repaired from drift that was only found', () => {
    const repaired = [{ subject: 'Deployment/apps/web', action: 'configured' }]
    expect(createMessage([event({ changes: repaired, isDrift: true })])).toMatchObject({
      title: 'drift repaired in apps',
      parts: [{ tone: 'drift', summary: 'drift repaired: 1 configured' }],
    })
    expect(createMessage([event({ reason: 'DriftDetected' })])).toMatchObject({
      title: 'drift found in apps',
      parts: [{ text: 'Deployment/apps/web configured' }],
    })
  })

  it('counts an object once, by what happened to it last', () => {
    const again = [{ subject: 'Deployment/apps/web', action: 'configured' }]
    const [part] = createMessage([event({ changes: created }), event({ changes: again })]).parts
    expect(part?.summary).toBe('1 created, 1 configured')
  })

  it('counts what is not listed', () => {
    const many = event({ changes: created, omittedChanges: { created: 98, deleted: 3 } })
    const [part] = createMessage([many]).parts
    expect(part?.summary).toBe('100 created, 3 deleted')
  })

  it('notes what was told of an object beside what happened to it', () => {
    const passed = event({ message: 'Health check passed in 117ms' })
    const artifact = event({
      reason: 'NewArtifact',
      message: "stored artifact for commit 'x'",
      involvedObject: { kind: 'GitRepository', name: 'fleet' },
    })
    const message = createMessage([artifact, event({ changes: created }), passed, passed])
    expect(message.title).toBe('apps changed')
    expect(message.parts).toMatchObject([
      { tone: 'changed', notes: ['Health check passed in 117ms'] },
      { tone: 'told', subject: 'GitRepository/flux-system/fleet', notes: [] },
    ])
    expect(createMessage([artifact]).title).toBe('news of fleet')
    expect(createMessage([artifact, event({ ...artifact, message: 'again' })]).parts).toMatchObject(
      [{ text: 'again', notes: ["stored artifact for commit 'x'"] }],
    )
  })

  it('names three and counts the others', () => {
    const names = ['a', 'b', 'c', 'd', 'e']
    const events = names.map((name) => event({ changes: created, involvedObject: { name } }))
    expect(createMessage(events).title).toBe('a, b, c and 2 more changed')
  })

  it('passes on what the Alert says, and nothing that the pipeline says to itself', () => {
    const metadata = { revision, token: 'x', digest: 'y', env: 'prod', summary: 'Shop' }
    expect(createMessage([event({ metadata })]).facts).toEqual([
      ['env', 'prod'],
      ['summary', 'Shop'],
    ])
  })

  it('makes everything visible text: no escapes, no control characters, no reversed text', () => {
    const evil = '\u001b[31mred\u001b[0m\u0000\u202etxt.exe'
    const message = createMessage(
      [event({ message: evil, involvedObject: { name: evil }, cluster: evil })],
      { author: evil, subject: `${evil}\nsecond` },
    )
    expect(message).toMatchObject({ author: 'redtxt.exe', subject: 'redtxt.exe second' })
    expect(JSON.stringify(message)).not.toMatch(/\\u001b|\\u0000|\u202e/)
  })

  it.each([
    ['javascript:alert(1)'],
    ['data:text/html,x'],
    ['https://x|https://evil'],
    ['https://x> <!here'],
    ['//x'],
    ['https://x)[evil](https://y'],
  ])('makes no link of %s', (url) => {
    expect(createMessage([event()], { url }).revision).toEqual({ text: 'main@sha1:67e2c98a' })
  })
})

describe('commitUrl', () => {
  it.each([
    ['https://github.com/acme/fleet', 'https://github.com/acme/fleet/commit/'],
    ['https://user:token@github.com/acme/fleet.git', 'https://github.com/acme/fleet/commit/'],
    ['ssh://git@github.com:22/acme/fleet.git', 'https://github.com/acme/fleet/commit/'],
    ['git@gitlab.com:acme/sub/fleet.git', 'https://gitlab.com/acme/sub/fleet/-/commit/'],
    ['https://gitlab.acme.io:8443/a/b', 'https://gitlab.acme.io:8443/a/b/-/commit/'],
    ['https://codeberg.org/acme/fleet/', 'https://codeberg.org/acme/fleet/commit/'],
    ['https://bitbucket.org/acme/fleet', 'https://bitbucket.org/acme/fleet/commits/'],
    ['http://127.0.0.1:3000/acme/fleet.git', 'http://127.0.0.1:3000/acme/fleet/commit/'],
  ])('of %s', (url, expected) => {
    expect(commitUrl(url, revision)).toBe(`${expected}${sha}`)
  })

  it('is none for what has no page, or no commit', () => {
    expect(commitUrl('file:///srv/git/x', revision)).toBeUndefined()
    expect(commitUrl('https://github.com', revision)).toBeUndefined()
    expect(commitUrl('javascript:alert(1)', revision)).toBeUndefined()
    expect(commitUrl('https://github.com/a/b', 'main@sha1:67e2c98a')).toBeUndefined()
    expect(commitUrl('https://github.com/a/b', '')).toBeUndefined()
  })

  it('leaves nothing in the link that could end it', () => {
    const url = commitUrl('https://github.com/a)[x](y/b|c>', revision)
    expect(url).not.toMatch(/[()<>|]/)
  })
})
