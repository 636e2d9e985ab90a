import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatId } from '../../lib/fleet/object-id.ts'
import { scheduledFor } from '../../lib/store/calendar.ts'
import {
  clusterYaml,
  createTestWorld,
  idOf,
  kustomizationYaml,
  rootSource,
  rootUrl,
  type TestWorld,
} from './world.ts'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})
afterEach(() => world.close())

const apps = idOf('Kustomization', 'apps')
const revision = (digit: string) => `main@sha1:${digit.repeat(40)}`

const configMap = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\ndata: { key: ${value} }\n`

async function push(digit: string, more: string, value = 'a', web = ''): Promise<void> {
  world.publish(rootUrl, revision(digit), {
    'kustomization.yaml': 'resources: [apps.yaml, web.yaml]\n',
    'apps.yaml': kustomizationYaml('apps', more),
    'web.yaml': kustomizationYaml('web', `  dependsOn: [{ name: apps }]\n${web}`),
    'apps/one.yaml': configMap('one', value),
    'web/two.yaml': configMap('two', value),
  })
  if (digit === '1') await world.load(clusterYaml)
  else await world.ask(rootSource, 'webhook')
  await world.settle(1_000)
}

async function dataOf(name: string) {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name }
  return (await (await world.connect()).find(ref))?.data
}

describe('suspension', () => {
  it('leaves nothing in the calendar: a suspended object costs nothing', async () => {
    await push('1', '')
    await world.operations.suspend(apps)
    await world.settle(700_000)
    expect(await scheduledFor(world.ports.store, formatId(apps))).toBeUndefined()
    await world.operations.resume(apps)
    await world.settle(1_000)
    expect(await scheduledFor(world.ports.store, formatId(apps))).toBeDefined()
  })

  it('in Git keeps a Ready dependency ready for those who need it', async () => {
    await push('1', '')
    expect((await world.object('Kustomization', 'web')).ready).toBe('True')
    await push('2', '  suspend: true\n', 'a', '  timeout: 3m\n')
    const held = await world.object('Kustomization', 'apps')
    expect([held.isSuspended, held.status.observedGeneration]).toEqual([true, held.generation])
    await world.operations.reconcile(idOf('Kustomization', 'web'))
    await world.settle(1_000)
    expect((await world.object('Kustomization', 'web')).message).not.toContain('is not ready')
  })

  it('in Git holds again after an older resume by hand', async () => {
    await push('1', '')
    await world.operations.suspend(apps)
    await world.operations.resume(apps)
    await world.settle(1_000)
    await push('2', '  suspend: true\n')
    await push('3', '  suspend: true\n', 'b')
    expect((await world.object('Kustomization', 'apps')).isSuspended).toBe(true)
    expect(await dataOf('one')).toEqual({ key: 'a' })
  })

  it('ends by hand although Git says otherwise, until Git has said so anew', async () => {
    await push('1', '')
    await push('2', '  suspend: true\n', 'b')
    await world.operations.resume(apps)
    await push('3', '  suspend: true\n  timeout: 2m\n', 'c')
    expect(await dataOf('one')).toEqual({ key: 'c' })
    await push('4', '', 'd')
    await push('5', '  suspend: true\n', 'd')
    await push('6', '  suspend: true\n', 'e')
    expect(await dataOf('one')).toEqual({ key: 'd' })
  })

  it('answers a resume with the time that the look then tells', async () => {
    await push('1', '')
    await world.operations.suspend(apps)
    const accepted = await world.operations.resume(apps)
    await world.settle(1_000)
    const { status } = await world.object('Kustomization', 'apps')
    expect(accepted).toEqual({ requestedAt: status.lastHandledReconcileAt, isSuspended: false })
  })
})
