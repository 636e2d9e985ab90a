import { describe, expect, it } from 'vitest'
import { inventoryOf } from '../../../lib/inventory/inventory.ts'
import type { JsonObject, KubeObject } from '../../../lib/manifest/object.ts'
import { planAdoption } from '../../../lib/reconcile/handover/adoption-plan.ts'
import { fleetText } from '../../../lib/reconcile/handover/fleet-text.ts'
import { nameOf } from '../../../lib/reconcile/handover/flux-objects.ts'
import { fluxKustomization, fluxObject, fluxSource } from './flux-cluster.ts'

const owning = (owner: KubeObject, ...owned: readonly KubeObject[]): KubeObject => ({
  ...owner,
  status: { inventory: { entries: [...inventoryOf(owned)] } },
})
const helmRelease = fluxObject('helm.toolkit.fluxcd.io/v2', 'HelmRelease', 'chart', {
  chart: { spec: { sourceRef: { kind: 'HelmRepository', name: 'charts' } } },
})
const helmRepository = fluxObject('source.toolkit.fluxcd.io/v1', 'HelmRepository', 'charts', {})
const provider = fluxObject('notification.toolkit.fluxcd.io/v1beta3', 'Provider', 'chat', {
  type: 'slack',
  address: 'https://chat.example',
})
const root = fluxKustomization('flux-system', './')
const apps = fluxKustomization('apps', './apps')

function plan(
  found: readonly KubeObject[],
  more: Partial<Parameters<typeof planAdoption>[0]> = {},
) {
  const { kustomizations, others, left, missing, faults } = planAdoption({
    cluster: 'staging',
    found,
    declared: [],
    registered: new Set(),
    leavesUnsupported: false,
    ...more,
  })
  return {
    taken: [...kustomizations, ...others].map(nameOf),
    left: left.map(({ object }) => nameOf(object)),
    missing: missing.map(nameOf),
    faults,
  }
}

describe('the plan of a take-over', () => {
  it('takes what the fleet declares, and what those own', () => {
    const found = [owning(root, apps, root), apps, fluxSource()]
    expect(plan(found, { declared: [root, fluxSource()] })).toEqual({
      taken: [
        'Kustomization/flux-system/flux-system',
        'Kustomization/flux-system/apps',
        'GitRepository/flux-system/flux-system',
      ],
      left: [],
      missing: [],
      faults: [],
    })
  })

  it('misses only what nobody in the cluster owns', () => {
    expect(plan([owning(root, apps), apps, fluxSource()]).missing).toEqual([
      'Kustomization/flux-system/flux-system',
      'GitRepository/flux-system/flux-system',
    ])
  })

  it('misses all of those that own each other in a ring', () => {
    const found = [owning(root, apps), owning(apps, root)]
    expect(plan(found, { declared: [fluxSource()] }).missing).toHaveLength(2)
  })

  it('finds what Driftless has registered already, where its parent is gone from the cluster', () => {
    const registered = new Set(['Kustomization/flux-system/apps'])
    expect(plan([apps], { registered }).missing).toEqual([])
  })

  it('refuses a HelmRelease, or leaves it with all that serves it', () => {
    const found = [helmRelease, helmRepository, provider]
    expect(plan(found).faults).toEqual([
      'HelmRelease/flux-system/chart: Driftless does not build this kind yet; --leave-unsupported leaves it to Flux',
      'HelmRepository/flux-system/charts: Driftless does not build this kind yet; --leave-unsupported leaves it to Flux',
    ])
    expect(plan(found, { leavesUnsupported: true })).toEqual({
      taken: [],
      left: [
        'HelmRelease/flux-system/chart',
        'HelmRepository/flux-system/charts',
        'Provider/flux-system/chat',
      ],
      missing: [],
      faults: [],
    })
  })

  it('leaves what the user suspended, and takes what an earlier try suspended', () => {
    const held = fluxKustomization('held', './held', { suspend: true })
    const ours = {
      ...held,
      metadata: {
        ...held.metadata,
        annotations: { 'fleet.driftless.dev/hand-over': 'adopting' },
      },
    }
    expect(plan([held, fluxSource()])).toMatchObject({
      taken: [],
      left: ['Kustomization/flux-system/held', 'GitRepository/flux-system/flux-system'],
    })
    expect(plan([ours]).taken).toEqual(['Kustomization/flux-system/held'])
  })

  it('refuses what is suspended and owns what is not, and what is being deleted', () => {
    const held = owning(fluxKustomization('held', './held', { suspend: true }), apps)
    const leaving = {
      ...apps,
      metadata: { ...apps.metadata, deletionTimestamp: '2026-11-23T10:00:00Z' },
    }
    expect(plan([held, leaving], { declared: [apps] }).faults).toEqual([
      'Kustomization/flux-system/apps is being deleted; wait until it is gone',
      'Kustomization/flux-system/held is suspended, and owns Kustomization/flux-system/apps; resume it before you adopt',
    ])
  })

  it.each<[string, JsonObject, string]>([
    ['another path', { path: './other' }, 'spec.path'],
    ['another source', { sourceRef: { kind: 'Bucket', name: 'b' } }, 'spec.sourceRef'],
    ['substitution', { postBuild: { substitute: { a: 'b' } } }, 'spec.postBuild'],
    ['a service account', { serviceAccountName: 'deployer' }, 'spec.serviceAccountName'],
    ['no pruning', { prune: false }, 'spec.prune'],
  ])('refuses a fleet that differs from the cluster by %s', (_, spec, field) => {
    const declared = [fluxKustomization('apps', './apps', spec)]
    expect(plan([apps], { declared }).faults).toEqual([
      `Kustomization/flux-system/apps: the fleet and the cluster differ in ${field}; make them equal`,
    ])
  })

  it('takes other spellings of the same for equal', () => {
    const timing = { interval: '1h', timeout: '2m', retryInterval: '1m' }
    const declared = [
      fluxKustomization('apps', 'apps/', timing),
      {
        ...fluxSource(),
        spec: { interval: '5m', url: 'ssh://git@git.example/fleet.git', ref: { branch: 'main' } },
      },
    ]
    expect(plan([apps, fluxSource()], { declared }).faults).toEqual([])
  })

  it('refuses what Driftless would fail at', () => {
    const sops = { decryption: { provider: 'sops' } }
    const oci = { sourceRef: { kind: 'OCIRepository', name: 'o' } }
    expect(
      plan([fluxKustomization('a', './a', sops), fluxKustomization('b', './b', oci)]).faults,
    ).toEqual([
      expect.stringMatching(
        /^Kustomization\/flux-system\/a spec.decryption: Driftless does not decrypt yet; .* before you adopt$/,
      ),
      'Kustomization/flux-system/b spec.sourceRef: Driftless does not build from OCIRepository yet',
    ])
  })
})

it('what the fleet lacks is written without what the cluster added', () => {
  const adopting = {
    ...fluxKustomization('apps', './apps', { suspend: true }),
    metadata: {
      name: 'apps',
      namespace: 'flux-system',
      uid: 'x',
      resourceVersion: '7',
      finalizers: ['finalizers.fluxcd.io'],
      labels: { team: 'shop', 'kustomize.toolkit.fluxcd.io/name': 'flux-system' },
      annotations: {
        'fleet.driftless.dev/hand-over': 'adopting',
        'reconcile.fluxcd.io/requestedAt': 'now',
      },
    },
    status: {},
  }
  expect(fleetText([adopting], 'staging')).toBe(`apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  annotations:
    fleet.driftless.dev/cluster: staging
  labels:
    team: shop
  name: apps
  namespace: flux-system
spec:
  interval: 10m
  path: ./apps
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
`)
})
