import { describe, expect, it } from 'vitest'
import { readAlert, readProvider, readReceiver } from '../../lib/fleet/notification.ts'
import { readSpec } from './read-spec.ts'

describe('readProvider', () => {
  it('waits as long as its interval, and ten seconds at most, unless it says', () => {
    const timeoutOf = (spec: Record<string, string>) =>
      readSpec(readProvider, { type: 'slack', ...spec }).value.timeoutMs
    expect(timeoutOf({})).toBe(10_000)
    expect(timeoutOf({ interval: '5s' })).toBe(5_000)
    expect(timeoutOf({ interval: '10m' })).toBe(10_000)
    expect(timeoutOf({ timeout: '30s' })).toBe(30_000)
  })

  it.each([
    [{}, 'spec.type is missing'],
    [{ type: 'slak' }, "spec.type 'slak' is unknown"],
    [{ type: 'slack', timeout: '1h' }, "spec.timeout '1h' is not allowed"],
    [{ type: 'slack', secretRef: {} }, 'spec.secretRef.name is missing'],
  ])('refuses %j', (spec, fault) => {
    expect(readSpec(readProvider, spec).faults).toEqual([fault])
  })

  it('refuses an address that is too long', () => {
    const spec = { type: 'slack', address: `https://${'x'.repeat(2_048)}` }
    expect(readSpec(readProvider, spec).faults).toHaveLength(1)
  })

  it('names what is not built yet', () => {
    const spec = { type: 'github', proxy: 'http://proxy', commitStatusExpr: 'x' }
    expect(readSpec(readProvider, spec).value.notBuilt).toEqual(['proxy', 'commitStatusExpr'])
  })
})

describe('readAlert', () => {
  const sound = { providerRef: { name: 'chat' }, eventSources: [{ kind: 'Bucket', name: '*' }] }

  it("has the CRD's defaults", () => {
    expect(readSpec(readAlert, sound)).toEqual({
      value: {
        providerName: 'chat',
        eventSeverity: 'info',
        eventSources: [{ kind: 'Bucket', name: '*' }],
        inclusionList: [],
        exclusionList: [],
        eventMetadata: {},
        isSuspended: false,
      },
      faults: [],
    })
  })

  it.each([
    [{ eventSources: null }, 'spec.eventSources is missing'],
    [
      { eventSources: [{ kind: 'Deployment', name: 'x' }] },
      "spec.eventSources[0].kind 'Deployment' is unknown",
    ],
    [{ eventSources: [{ kind: 'Bucket' }] }, 'spec.eventSources[0].name is missing'],
    [
      { eventSources: [{ kind: 'Bucket', name: '' }] },
      "spec.eventSources[0].name '' is not allowed",
    ],
    [{ eventSeverity: 'warning' }, "spec.eventSeverity 'warning' is unknown"],
    [{ providerRef: {} }, 'spec.providerRef.name is missing'],
    [{ eventMetadata: { cluster: 1 } }, 'spec.eventMetadata.cluster is the number 1, not a text'],
  ])('refuses %j', (change, fault) => {
    expect(readSpec(readAlert, { ...sound, ...change }).faults).toEqual([fault])
  })
})

describe('readReceiver', () => {
  const sound = {
    type: 'github',
    secretRef: { name: 'token' },
    resources: [{ kind: 'GitRepository', name: 'fleet' }],
  }

  it("has the CRD's defaults", () => {
    expect(readSpec(readReceiver, sound)).toEqual({
      value: {
        type: 'github',
        events: [],
        resources: [{ kind: 'GitRepository', name: 'fleet' }],
        secretName: 'token',
        intervalMs: 600_000,
        isSuspended: false,
        notBuilt: [],
      },
      faults: [],
    })
  })

  it.each([
    [{ secretRef: null }, 'spec.secretRef is missing'],
    [{ resources: null }, 'spec.resources is missing'],
    [{ type: 'webhook' }, "spec.type 'webhook' is unknown"],
  ])('refuses %j', (change, fault) => {
    expect(readSpec(readReceiver, { ...sound, ...change }).faults).toEqual([fault])
  })

  it('names what is not built yet, and lets OpenID Connect do without a Secret', () => {
    const filtered = { ...sound, resources: [{ ...sound.resources[0], filter: 'true' }] }
    expect(readSpec(readReceiver, filtered).value.notBuilt).toEqual(['resources[].filter'])
    const { secretRef: _, ...open } = sound
    const oidc = { ...open, type: 'generic-oidc', oidcProviders: [{}] }
    expect(readSpec(readReceiver, oidc)).toMatchObject({
      value: { notBuilt: ['oidcProviders'] },
      faults: [],
    })
  })
})
