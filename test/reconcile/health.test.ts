import { afterEach, describe, expect, it } from 'vitest'
import { clusterYaml, createTestWorld, idOf, rootSource, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const revision = (digit: string) => `main@sha1:${digit.repeat(40)}`

// A claim stays Pending where no one provisions volumes: the sandbox has no such controller.
const claim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: default }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`
const claimRef = {
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  namespace: 'default',
  name: 'data',
}

const apps = (more: string) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system }
spec:
  interval: 10m
  timeout: 2m
  path: ./apps
  prune: true
  sourceRef: { kind: GitRepository, name: flux-system }
${more}`

const files = (text: string, more = '  wait: true\n') => ({
  'kustomization.yaml': 'resources: [apps.yaml]\n',
  'apps.yaml': apps(more),
  'apps/claim.yaml': text,
})

async function start(text = claim): Promise<void> {
  world = await createTestWorld()
  world.publish(rootUrl, revision('1'), files(text))
  await world.load(clusterYaml)
  await world.settle()
}

const bind = async (phase = 'Bound') => {
  const client = await world.connect()
  const { status } = await client.request({
    method: 'PATCH',
    path: '/api/v1/namespaces/default/persistentvolumeclaims/data/status',
    contentType: 'application/merge-patch+json',
    body: { status: { phase } },
  })
  expect(status).toBe(200)
}

describe('health', () => {
  it('is looked at again and again without a worker that sleeps, and ends Ready', async () => {
    await start()
    const waiting = await world.object('Kustomization', 'apps')
    expect([waiting.ready, waiting.message]).toEqual([
      'Unknown',
      `Running health checks for revision ${revision('1')} with a timeout of 2m0s`,
    ])
    await world.settle(20_000)
    expect((await world.object('Kustomization', 'apps')).ready).toBe('Unknown')
    await bind()
    await world.settle(10_000)
    expect((await world.object('Kustomization', 'apps')).ready).toBe('True')
    const messages = (await world.events('Kustomization', 'apps')).map(({ message }) => message)
    expect(messages.some((message) => /^Health check passed in \d+/.test(message))).toBe(true)
  })

  it('is no news where it was good before, and the revision is the same', async () => {
    await start()
    await bind()
    await world.settle(10_000)
    await bind('Pending')
    await world.operations.reconcile(idOf('Kustomization', 'apps'))
    await world.settle(10_000)
    expect((await world.object('Kustomization', 'apps')).ready).toBe('Unknown')
    await bind()
    await world.settle(10_000)
    expect((await world.object('Kustomization', 'apps')).ready).toBe('True')
    const messages = (await world.events('Kustomization', 'apps')).map(({ message }) => message)
    expect(messages.filter((message) => message.startsWith('Health check passed'))).toHaveLength(1)
  })

  it('is looked at soon also where a push came while the last look waited for its time', async () => {
    await start()
    await world.settle(500)
    world.publish(
      rootUrl,
      revision('2'),
      files(claim.replace('data,', 'data, labels: { v: "2" },')),
    )
    await world.ask(rootSource, 'webhook')
    await world.settle()
    await bind()
    await world.settle(3_000)
    const apps = await world.object('Kustomization', 'apps')
    expect([apps.ready, apps.revision]).toEqual(['True', revision('2')])
  })

  it('fails when its time is over, and says which object is not ready', async () => {
    await start()
    await world.settle(130_000)
    const failed = await world.object('Kustomization', 'apps')
    expect([failed.ready, failed.reason]).toEqual(['False', 'HealthCheckFailed'])
    expect(failed.message).toMatch(
      /^health check failed after 2m.*: timeout waiting for: \[PersistentVolumeClaim\/default\/data status: 'InProgress'\]$/,
    )
  })

  it('says why in the event and the status, and leaves the condition as Flux words it', async () => {
    await start()
    await world.settle(130_000)
    const why = ['PersistentVolumeClaim/default/data: PVC is not Bound. phase: Pending']
    const events = await world.events('Kustomization', 'apps')
    const told = events.find(({ reason }) => reason === 'HealthCheckFailed')
    expect(told?.details).toEqual(why)
    const failed = await world.object('Kustomization', 'apps')
    expect(failed.status.failureDetails).toEqual(why)
    expect([told?.message, failed.message].join()).not.toContain('Pending')
    await bind()
    await world.ask(idOf('Kustomization', 'apps'), 'user')
    await world.settle(2_000)
    const healthy = await world.object('Kustomization', 'apps')
    expect([healthy.ready, healthy.status.failureDetails]).toEqual(['True', undefined])
  })

  it('gives way to a newer revision at once', async () => {
    await start()
    world.publish(rootUrl, revision('2'), files(claim, '  wait: false\n'))
    await world.ask(rootSource, 'webhook')
    await world.settle(2_000)
    const done = await world.object('Kustomization', 'apps')
    expect([done.ready, done.revision]).toEqual(['True', revision('2')])
    const canceled = (await world.events('Kustomization', 'apps')).find(
      ({ reason }) => reason === 'HealthCheckCanceled',
    )
    expect(canceled?.metadata.revision).toBe(revision('1'))
    await world.settle(300_000)
    expect((await world.object('Kustomization', 'apps')).ready).toBe('True')
  })

  it.each([
    ['  ttlSecondsAfterFinished: 0\n', 'True'],
    ['', 'Unknown'],
  ])('takes a Job that removed itself as ended well, and no other: %j', async (ttl, ready) => {
    world = await createTestWorld()
    const job = `apiVersion: batch/v1
kind: Job
metadata: { name: once, namespace: default, finalizers: [example.com/hold] }
spec:
${ttl}  template: { spec: { restartPolicy: Never, containers: [{ name: c, image: x }] } }
`
    world.publish(rootUrl, revision('1'), { ...files(claim), 'apps/job.yaml': job })
    await world.load(clusterYaml)
    await world.settle()
    expect((await world.object('Kustomization', 'apps')).ready).toBe('Unknown')
    const once = { group: 'batch', version: 'v1', kind: 'Job', namespace: 'default', name: 'once' }
    const client = await world.connect()
    await client.delete(once)
    await client.patch(once, { metadata: { finalizers: null } }, { type: 'merge' })
    await bind()
    await world.settle(10_000)
    expect((await world.object('Kustomization', 'apps')).ready).toBe(ready)
  })

  it('gives way also where the newer revision has to wait for what it depends on', async () => {
    await start()
    world.publish(
      rootUrl,
      revision('2'),
      files(claim, '  wait: true\n  dependsOn: [{ name: late }]\n'),
    )
    await world.ask(rootSource, 'webhook')
    await world.settle(2_000)
    const waiting = await world.object('Kustomization', 'apps')
    expect([waiting.reason, waiting.status.wait]).toEqual(['DependencyNotReady', undefined])
    const canceled = (await world.events('Kustomization', 'apps')).filter(
      ({ reason }) => reason === 'HealthCheckCanceled',
    )
    expect(canceled.map(({ metadata }) => metadata.revision)).toEqual([revision('1')])
  })

  it('of a parent sees what a commit that does not touch it broke or mended in a child', async () => {
    const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, namespace: default }\n'
    const tree = (list: string) => ({
      'kustomization.yaml': 'resources: [parent.yaml]\n',
      'parent.yaml': apps('  wait: true\n').replace('name: apps', 'name: parent'),
      'apps/kustomization.yaml': 'resources: [child.yaml, still.yaml]\n',
      'apps/child.yaml': apps('').replace('name: apps', 'name: child').replace('./apps', './child'),
      'apps/still.yaml': apps('').replace('name: apps', 'name: still').replace('./apps', './child'),
      'child/one.yaml': map,
      'child/kustomization.yaml': `resources: [${list}]\n`,
    })
    const ask = async (digit: string, list: string): Promise<void> => {
      world.publish(rootUrl, revision(digit), tree(list))
      await world.ask(rootSource, 'webhook')
      await world.settle(200_000)
    }
    world = await createTestWorld()
    world.publish(rootUrl, revision('1'), tree('one.yaml'))
    await world.load(clusterYaml)
    await world.settle(150_000)
    const stateOf = async () => {
      const { ready, reason, status } = await world.object('Kustomization', 'parent')
      return [ready, reason, status.lastAppliedRevision]
    }
    const good = ['True', 'ReconciliationSucceeded']
    const before = await stateOf()
    // One that rests has no turn with the revision, and is not waited for.
    await world.operations.suspend(idOf('Kustomization', 'still'))
    await ask('2', 'nope.yaml')
    const broken = await stateOf()
    await ask('3', 'one.yaml')
    expect([before, broken, await stateOf()]).toEqual([
      [...good, revision('1')],
      ['False', 'HealthCheckFailed', revision('1')],
      [...good, revision('3')],
    ])
  })

  it('of a parent reads nested Flux objects in the fleet', async () => {
    world = await createTestWorld()
    world.publish(rootUrl, revision('1'), {
      'kustomization.yaml': 'resources: [outer.yaml]\n',
      'outer.yaml': apps('  wait: true\n')
        .replace('name: apps', 'name: outer')
        .replace('./apps', './outer'),
      'outer/apps.yaml': apps('  wait: true\n'),
      'apps/claim.yaml': claim,
    })
    await world.load(clusterYaml)
    await world.settle(5_000)
    expect((await world.object('Kustomization', 'outer')).ready).toBe('Unknown')
    await (await world.connect()).find(claimRef)
    await bind()
    await world.settle(20_000)
    expect((await world.object('Kustomization', 'apps')).ready).toBe('True')
    expect((await world.object('Kustomization', 'outer')).ready).toBe('True')
  })
})
