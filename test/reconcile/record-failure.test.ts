import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clusterYaml, createTestWorld, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})
afterEach(() => world.close())

const kustomization = (more: string) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system }
spec:
  interval: 1m
  path: ./apps
  prune: true
${more}`
const configMap = (name: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\n`
const followsRoot = '  sourceRef: { kind: GitRepository, name: flux-system }\n'

async function start(
  apps: string,
  cluster = clusterYaml,
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, {
    'kustomization.yaml': 'resources: [apps.yaml]\n',
    'apps.yaml': apps,
    'apps/kustomization.yaml': 'resources: [plain.yaml, settings.yaml]\n',
    'apps/plain.yaml': configMap('plain').replace(
      '{',
      '{ labels: { kustomize.toolkit.fluxcd.io/substitute: disabled },',
    ),
    'apps/settings.yaml': configMap('settings'),
    ...more,
  })
  await world.load(cluster)
  await world.settle(2_000)
}

const crossed = '  sourceRef: { kind: GitRepository, name: x, namespace: other }\n'
const locked = clusterYaml.replace('spec:', 'spec:\n  tenancy: locked')

/** Source: Flux's controllers, as they run: reason, message and what Flux sends as an event. */
const faults = [
  [
    'a source that is missing',
    kustomization('  sourceRef: { kind: GitRepository, name: nope }\n'),
    clusterYaml,
    ['ArtifactFailed', 'GitRepository.source.toolkit.fluxcd.io "nope" not found', []],
  ],
  [
    'a path that is missing',
    kustomization(followsRoot).replace('./apps', './nope'),
    clusterYaml,
    [
      'ArtifactFailed',
      'kustomization path not found: stat nope: no such file or directory',
      ['error: kustomization path not found: stat nope: no such file or directory'],
    ],
  ],
  [
    'a dependency that is missing',
    kustomization(`${followsRoot}  dependsOn: [{ name: nope }]\n`),
    clusterYaml,
    [
      'DependencyNotReady',
      'dependency \'flux-system/nope\' not found: kustomizations.kustomize.toolkit.fluxcd.io "nope" not found',
      ['info: Dependencies do not meet ready condition, retrying in 30s'],
    ],
  ],
  [
    'variables that are missing',
    kustomization(
      `${followsRoot}  postBuild: { substituteFrom: [{ kind: ConfigMap, name: nope }] }\n`,
    ),
    clusterYaml,
    [
      'BuildFailed',
      "post build failed for 'ConfigMap.v1.[noGrp]/settings': substitute from 'ConfigMap/nope' error: configmaps \"nope\" not found",
      [
        "error: post build failed for 'ConfigMap.v1.[noGrp]/settings': substitute from 'ConfigMap/nope' error: configmaps \"nope\" not found",
      ],
    ],
  ],
  [
    'a path that is a file',
    kustomization(followsRoot).replace('./apps', './apps/settings.yaml'),
    clusterYaml,
    [
      'BuildFailed',
      'open apps/settings.yaml/kustomization.yaml: not a directory; spec.path names a file, give the folder it lies in',
      [
        'error: open apps/settings.yaml/kustomization.yaml: not a directory; spec.path names a file, give the folder it lies in',
      ],
    ],
  ],
  [
    'a build that fails',
    kustomization(`${followsRoot}  components: [nope]\n`),
    clusterYaml,
    [
      'BuildFailed',
      "kustomize build failed: apps: 'nope' is no folder",
      ["error: kustomize build failed: apps: 'nope' is no folder"],
    ],
  ],
  [
    'a component that may not be one',
    kustomization(`${followsRoot}  components: [/nope]\n`),
    clusterYaml,
    [
      'BuildFailed',
      "component path '/nope' must be local and relative",
      ["error: component path '/nope' must be local and relative"],
    ],
  ],
  [
    'a kubeconfig that is missing',
    kustomization(`${followsRoot}  kubeConfig: { secretRef: { name: nope } }\n`),
    clusterYaml,
    [
      'ReconciliationFailed',
      'unable to read KubeConfig secret \'flux-system/nope\' error: secrets "nope" not found',
      [
        'error: failed to build kube client: unable to read KubeConfig secret \'flux-system/nope\' error: secrets "nope" not found',
      ],
    ],
  ],
  [
    'a source in another namespace of a locked cluster',
    kustomization(crossed),
    locked,
    [
      'AccessDenied',
      "can't access 'GitRepository/other/x', cross-namespace references have been blocked",
      ["error: can't access 'GitRepository/other/x', cross-namespace references have been blocked"],
    ],
  ],
] as const

describe('recordFailure', () => {
  it.each(faults)('tells of %s in the words of Flux', async (_, apps, cluster, want) => {
    await start(apps, cluster)
    const { ready, reason, message } = await world.object('Kustomization', 'apps')
    const events = await world.events('Kustomization', 'apps')
    const told = [...new Set(events.map((event) => `${event.severity}: ${event.message}`))]
    expect(ready).toBe('False')
    expect([reason, message, told]).toEqual(want)
  })

  // Source: kustomize-controller's reconciler, read line by line and run.
  it.each([
    [
      'a source that is missing',
      faults[0],
      { isTried: false, observed: -1, reconciling: undefined },
    ],
    [
      'a path that is missing',
      faults[1],
      { isTried: false, observed: -1, reconciling: 'Fetching manifests' },
    ],
    ['a dependency', faults[2], { isTried: false, observed: -1, reconciling: undefined }],
    ['variables', faults[3], { isTried: true, observed: -1, reconciling: 'Building manifests' }],
    ['a file', faults[4], { isTried: true, observed: -1, reconciling: 'Building manifests' }],
    ['a build', faults[5], { isTried: true, observed: -1, reconciling: 'Building manifests' }],
    ['a kubeconfig', faults[7], { isTried: true, observed: -1, reconciling: 'Building manifests' }],
    ['another namespace', faults[8], { isTried: false, observed: -1, reconciling: undefined }],
  ])('leaves the status of Flux behind: %s', async (_, [, apps, cluster], want) => {
    await start(apps, cluster)
    const { status } = await world.object('Kustomization', 'apps')
    const reconciling = status.conditions.find(({ type }) => type === 'Reconciling')
    expect(reconciling?.message).toEqual(
      want.reconciling === undefined
        ? undefined
        : `${want.reconciling} for revision main@sha1:${'1'.repeat(40)} with a timeout of 30s`,
    )
    expect(status.lastAttemptedRevision !== undefined).toBe(want.isTried)
    expect(status.observedGeneration).toBe(want.observed)
    expect(status.history).toBeUndefined()
  })

  it('keeps an apply that failed in the history, under the digest of what kustomize prints', async () => {
    const broken = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: nope\n'
    await start(kustomization(followsRoot), clusterYaml, {
      'apps/kustomization.yaml': 'resources: [a.yaml]\n',
      'apps/a.yaml': broken,
    })
    const { status } = await world.object('Kustomization', 'apps')
    expect(status.history).toMatchObject([
      {
        digest: `sha256:${createHash('sha256').update(broken).digest('hex')}`,
        lastReconciledStatus: 'ReconciliationFailed',
        metadata: { revision: `main@sha1:${'1'.repeat(40)}` },
      },
    ])
    const reconciling = status.conditions.find(({ type }) => type === 'Reconciling')
    expect([reconciling?.reason, reconciling?.message]).toEqual([
      'ProgressingWithRetry',
      `Detecting drift for revision main@sha1:${'1'.repeat(40)} with a timeout of 30s`,
    ])
  })

  it('tells once of what cannot change by itself, however often the interval comes', async () => {
    await start(kustomization(crossed), locked)
    await world.settle(200_000)
    expect(await world.events('Kustomization', 'apps')).toHaveLength(1)
  })
})
