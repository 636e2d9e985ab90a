import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keys } from '../../lib/reconcile/keys.ts'
import { readStatus } from '../../lib/reconcile/status-writer.ts'
import { writeRecord } from '../../lib/store/records.ts'
import { clusterYaml, createTestWorld, idOf, rootSource, rootUrl, type TestWorld } from './world.ts'

const kustomization = (name: string, more = '') => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec: { interval: 10m, retryInterval: 1m, path: ./${name}, prune: true, ${more}sourceRef: { kind: GitRepository, name: flux-system } }
`
const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: issuers.example.com }
spec:
  group: example.com
  scope: Cluster
  names: { plural: issuers, singular: issuer, kind: Issuer, listKind: IssuerList }
  versions:
    - { name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }
`
const issuer = 'apiVersion: example.com/v1\nkind: Issuer\nmetadata: { name: main }\n'
const role = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: reader, namespace: default }
rules: []
`
const config = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: settings }\n'
const into = (namespace: string) => `targetNamespace: ${namespace}, `
const definitions = {
  'definitions.yaml': kustomization('definitions'),
  'definitions/issuers.yaml': definition,
}

let world: TestWorld

beforeEach(async () => {
  world = await createTestWorld()
})
afterEach(() => world.close())

async function push(digit: string, files: Readonly<Record<string, string>>): Promise<void> {
  const top = Object.keys({ ...definitions, ...files }).filter((path) => !path.includes('/'))
  world.publish(rootUrl, `main@sha1:${digit.repeat(40)}`, {
    'kustomization.yaml': `resources: [${top.join(', ')}]\n`,
    ...definitions,
    ...files,
  })
  if (digit === '1') await world.load(clusterYaml)
  else await world.ask(rootSource, 'webhook')
  await world.settle(65_000)
}

const inventoryOf = async (name: string) =>
  ((await world.object('Kustomization', name)).status.inventory ?? []).map(({ id }) => id)

async function uidOfIssuer(): Promise<unknown> {
  const ref = { group: 'example.com', version: 'v1', kind: 'Issuer', namespace: '', name: 'main' }
  return (await (await world.connect()).find(ref))?.metadata.uid
}

const apps = (more: string) => ({
  'apps.yaml': kustomization('apps', more),
  'apps/all.yaml': [issuer, role, config].join('---\n'),
})

/** kustomize gives a namespace to every kind it does not know. */
describe('an object of the whole cluster that is given a namespace', () => {
  it('goes by the name the cluster knows it by', async () => {
    await push('1', apps(into('default')))
    expect(await inventoryOf('apps')).toEqual([
      '_main_example.com_Issuer',
      '_reader_rbac.authorization.k8s.io_ClusterRole',
      'default_settings__ConfigMap',
    ])
    const told = (await world.events('Kustomization', 'apps')).map(({ message }) => message)
    expect(told).toContain(
      'ClusterRole/reader created\nConfigMap/default/settings created\nIssuer/main created',
    )
  })

  it('stays the same object when the namespace changes', async () => {
    await push('1', apps(into('default')))
    const before = await uidOfIssuer()
    expect(before).toBeDefined()
    await push('2', apps(into('kube-public')))
    expect(await inventoryOf('apps')).toContain('kube-public_settings__ConfigMap')
    expect(await uidOfIssuer()).toBe(before)
  })

  it('is not deleted by what an older release, which kept the namespace, knew it as', async () => {
    await push('1', apps(into('default')))
    const before = await uidOfIssuer()
    const id = idOf('Kustomization', 'apps')
    const status = await readStatus(world.ports.store, id)
    const inventory = (status.inventory ?? []).map((entry) =>
      entry.id.startsWith('_') ? { ...entry, id: `default${entry.id}` } : entry,
    )
    await writeRecord(world.ports.store, keys.status(id), { ...status, inventory })
    await push('2', { ...apps(into('default')), 'apps/more.yaml': config.replace('settings', 'x') })
    expect(await inventoryOf('apps')).toEqual([
      '_main_example.com_Issuer',
      '_reader_rbac.authorization.k8s.io_ClusterRole',
      'default_settings__ConfigMap',
      'default_x__ConfigMap',
    ])
    expect(await uidOfIssuer()).toBe(before)
  })

  it('moves from one Kustomization to another of another namespace', async () => {
    const other = { 'other.yaml': kustomization('other', into('kube-public')) }
    await push('1', { ...apps(into('default')), ...other, 'other/config.yaml': config })
    const before = await uidOfIssuer()
    await push('2', {
      ...apps(into('default')),
      ...other,
      'apps/all.yaml': config,
      'other/config.yaml': config,
      'other/issuer.yaml': issuer,
    })
    expect(await inventoryOf('other')).toContain('_main_example.com_Issuer')
    expect(await uidOfIssuer()).toBe(before)
  })
})
