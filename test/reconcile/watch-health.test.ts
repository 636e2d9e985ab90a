import { describe, expect, it } from 'vitest'
import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'
import { passingJobsOf } from '../../lib/reconcile/watch-health.ts'
import { clusterYaml, createTestWorld, rootUrl } from './world.ts'

const job = (name: string, spec?: JsonObject, apiVersion = 'batch/v1'): KubeObject => ({
  apiVersion,
  kind: 'Job',
  metadata: { name, namespace: 'default' },
  ...(spec === undefined ? {} : { spec }),
})

describe('passingJobsOf', () => {
  it('are Jobs with a time to live, zero too, and nothing else', () => {
    const objects = [
      job('now', { ttlSecondsAfterFinished: 0 }),
      job('later', { ttlSecondsAfterFinished: 60 }),
      job('stays', {}),
      job('bare'),
      job('wrong', { ttlSecondsAfterFinished: '60' }),
      job('other', { ttlSecondsAfterFinished: 60 }, 'example.com/v1'),
    ]
    expect(passingJobsOf(objects)).toEqual(['default_now_batch_Job', 'default_later_batch_Job'])
  })
})

describe('what wait looks at', () => {
  const kustomization = (more: string) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system }
spec:
  interval: 10m
  timeout: 1m
  path: ./apps
  prune: true
  sourceRef: { kind: GitRepository, name: flux-system }
${more}`
  const claim = (annotation = '') =>
    `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: data, namespace: default, annotations: {${annotation}} }\nspec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }\n`

  async function readyOf(more: string, files: Readonly<Record<string, string>>) {
    const world = await createTestWorld()
    world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, {
      'kustomization.yaml': 'resources: [apps.yaml]\n',
      'apps.yaml': kustomization(more),
      ...files,
    })
    await world.load(clusterYaml)
    await world.settle(3_000)
    const { ready, status } = await world.object('Kustomization', 'apps')
    await world.close()
    const healthy = status.conditions.find(({ type }) => type === 'Healthy')
    return [ready, healthy?.status]
  }

  it.each([
    ['all that is applied', '  wait: true\n', '', ['Unknown', 'Unknown']],
    [
      'not what a switch leaves alone',
      '  wait: true\n',
      'kustomize.toolkit.fluxcd.io/ssa: Ignore',
      ['True', undefined],
    ],
    [
      'not what reconcile: disabled leaves alone',
      '  wait: true\n',
      'kustomize.toolkit.fluxcd.io/reconcile: disabled',
      ['True', undefined],
    ],
    ['nothing without it', '', '', ['True', undefined]],
    [
      'only what healthChecks name',
      '  healthChecks: [{ apiVersion: v1, kind: Namespace, name: default }]\n',
      '',
      ['True', 'True'],
    ],
  ])('is %s', async (_, more, annotation, want) => {
    expect(await readyOf(more, { 'apps/claim.yaml': claim(annotation) })).toEqual(want)
  })

  it('is every object of the fleet but the Kustomization itself', async () => {
    const provider = `apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata: { name: chat, namespace: flux-system }\nspec: { type: slack, address: "https://chat.example/x" }\n`
    const missing = `apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: { name: oci, namespace: flux-system }\nspec: {}\n`
    const own = kustomization('  wait: true\n')
    expect(
      await readyOf('  wait: true\n', { 'apps/provider.yaml': provider, 'apps/own.yaml': own }),
    ).toEqual(['True', 'True'])
    // A kind that is not built counts as stalled: waiting would be of no use.
    expect(await readyOf('  wait: true\n', { 'apps/oci.yaml': missing })).toEqual([
      'False',
      'False',
    ])
  })
})
