import { describe, expect, it } from 'vitest'
import type { AlertSpec } from '../../lib/fleet/notification.ts'
import { type ActiveAlert, matchAlerts } from '../../lib/notify/alerts.ts'
import { alert, event } from './events.ts'

const labels = new Map([['apps', { team: 'web', tier: 'one' }]])
const ports = { labelsOf: async ({ name }: { name: string }) => labels.get(name) }

async function isWanted(
  spec: Partial<AlertSpec>,
  what: Parameters<typeof event>[0] = {},
  changes: Partial<ActiveAlert> = {},
): Promise<boolean> {
  return (await matchAlerts(event(what), [alert(spec, changes)], ports)).matches.length === 1
}

const source = { kind: 'Kustomization', name: '*' }

describe('matchAlerts', () => {
  it.each([
    ['a wildcard', [source], true],
    ['the name', [{ ...source, name: 'apps' }], true],
    ['another name', [{ ...source, name: 'infra' }], false],
    ['another kind', [{ ...source, kind: 'GitRepository' }], false],
    ['another namespace', [{ ...source, namespace: 'tenant' }], false],
    ["the Alert's namespace said aloud", [{ ...source, namespace: 'flux-system' }], true],
    ['labels that are there', [{ ...source, matchLabels: { team: 'web' } }], true],
    ['labels for a name', [{ ...source, name: 'apps', matchLabels: { team: 'web' } }], true],
    ['one label that is not', [{ ...source, matchLabels: { team: 'web', tier: 'two' } }], false],
    ['a label of the prototype', [{ ...source, matchLabels: { constructor: 'x' } }], false],
    ['no labels at all', [{ ...source, matchLabels: {} }], true],
    ['any of several', [{ ...source, kind: 'Bucket' }, source], true],
    ['no sources', [], false],
  ])('selects by %s', async (_, eventSources, expected) => {
    expect(await isWanted({ eventSources })).toBe(expected)
  })

  it('does not match by labels what is no longer there', async () => {
    const eventSources = [{ ...source, matchLabels: {} }]
    expect(await isWanted({ eventSources }, { involvedObject: { name: 'gone' } })).toBe(false)
  })

  it('selects by severity: info means both, trace is for nobody', async () => {
    expect(await isWanted({ eventSeverity: 'info' }, { severity: 'error' })).toBe(true)
    expect(await isWanted({ eventSeverity: 'error' }, { severity: 'error' })).toBe(true)
    expect(await isWanted({ eventSeverity: 'error' }, { severity: 'info' })).toBe(false)
    expect(await isWanted({ eventSeverity: 'info' }, { severity: 'trace' })).toBe(false)
  })

  it('leaves suspended Alerts and those of other clusters out', async () => {
    expect(await isWanted({ isSuspended: true })).toBe(false)
    expect(await isWanted({}, { cluster: 'production' })).toBe(false)
  })

  it.each([
    ['excluded', { exclusionList: ['waiting'] }, 'waiting for it', false],
    ['excluded though included', { exclusionList: ['w'], inclusionList: ['w'] }, 'w', false],
    ['included', { inclusionList: ['x', '^health .*passed$'] }, 'health check passed', true],
    ['not included', { inclusionList: ['^ealth'] }, 'health check passed', false],
    ['excluded across lines', { exclusionList: ['(?s)a.b'] }, 'a\nb', false],
    ['excluded by nothing', { exclusionList: ['a.b'] }, 'a\nb', true],
    ['excluded by a bad pattern', { exclusionList: ['('] }, 'x', true],
    ['included by a bad pattern only', { inclusionList: ['(?=x)'] }, 'x', false],
    ['included by another one', { inclusionList: ['(', 'x'] }, 'x', true],
  ])('decides a message that is %s', async (_, lists, message, expected) => {
    expect(await isWanted(lists, { message })).toBe(expected)
  })

  it('tells a bad pattern', async () => {
    const { faults } = await matchAlerts(event(), [alert({ exclusionList: ['(?<!x)'] })], ports)
    expect(faults).toMatchObject([{ code: 'InvalidRegex', alert: { name: 'alert' } }])
  })

  it('matches a hostile pattern in linear time', async () => {
    const message = `${'a'.repeat(39_000)}!`
    const startedAt = performance.now()
    await isWanted({ exclusionList: ['(a+)+$', '(a|aa)+$', '(.*)*x'] }, { message })
    expect(performance.now() - startedAt).toBeLessThan(9_000)
  })

  it('denies other namespaces where tenancy is locked, and says so', async () => {
    const eventSources = [{ ...source, namespace: 'tenant' }]
    const foreign = { involvedObject: { namespace: 'tenant' } }
    expect(await isWanted({ eventSources }, foreign)).toBe(true)
    const locked = alert({ eventSources }, { isLocked: true })
    const { matches, faults } = await matchAlerts(event(foreign), [locked], ports)
    expect(matches).toEqual([])
    expect(faults).toMatchObject([{ code: 'AccessDenied' }])
    expect(await isWanted({}, {}, { isLocked: true })).toBe(true)
  })

  it('gives each Alert the event with its own metadata, the controller having the last word', async () => {
    const spec = {
      eventMetadata: { env: 'prod', revision: 'mine', summary: 'low' },
      summary: 'Production',
    }
    const { matches } = await matchAlerts(event(), [alert(spec), alert()], ports)
    expect(matches.map((match) => match.event.metadata)).toEqual([
      { env: 'prod', summary: 'Production', revision: event().metadata.revision },
      event().metadata,
    ])
  })
})
