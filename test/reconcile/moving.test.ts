import { afterEach, beforeEach, expect, it } from 'vitest'
import { labelsOf } from '../../lib/manifest/object.ts'
import { clusterYaml, createTestWorld, idOf, rootSource, rootUrl, type TestWorld } from './world.ts'

const configMap = (name: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\n`
const kustomization = (name: string) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec: { interval: 10m, retryInterval: 1m, timeout: 2m, path: ./${name}, prune: true, sourceRef: { kind: GitRepository, name: flux-system } }
`
const both = {
  'kustomization.yaml': 'resources: [a.yaml, b.yaml]\n',
  'a.yaml': kustomization('a'),
  'b.yaml': kustomization('b'),
  'a/other.yaml': configMap('other'),
  'b/base.yaml': configMap('base'),
}
const broken = { 'b/kustomization.yaml': 'resources: [moving.yaml, missing.yaml]\n' }

let world: TestWorld

beforeEach(async () => {
  world = await createTestWorld()
  await publish('1', {
    ...both,
    'a/moving.yaml': configMap('moving'),
    'a/old.yaml': configMap('old'),
  })
})
afterEach(() => world.close())

async function publish(digit: string, files: Readonly<Record<string, string>>): Promise<void> {
  world.publish(rootUrl, `main@sha1:${digit.repeat(40)}`, files)
  if (digit === '1') await world.load(clusterYaml)
  else await world.ask(rootSource, 'webhook')
  await world.settle()
}

async function find(name: string) {
  const client = await world.connect()
  return client.find({ group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name })
}

const told = async (name: string): Promise<string> =>
  (await world.events('Kustomization', name)).map(({ message }) => message).join('\n')

it('keeps what moves to a Kustomization that does not build, until it does', async () => {
  const before = await find('moving')
  await publish('2', { ...both, ...broken, 'b/moving.yaml': configMap('moving') })
  expect(await told('b')).toContain('missing.yaml')
  expect((await find('moving'))?.metadata.uid).toBe(before?.metadata.uid)
  expect(await told('a')).toContain(
    'ConfigMap/default/moving left the build and is kept until Kustomization/flux-system/b builds again',
  )
  // What is nowhere any more is nobody's.
  expect(await find('old')).toBeUndefined()
  await publish('3', { ...both, 'b/moving.yaml': configMap('moving') })
  const after = await find('moving')
  expect(after?.metadata.uid).toBe(before?.metadata.uid)
  if (after === undefined) throw new Error('it is gone')
  expect(labelsOf(after)['kustomize.toolkit.fluxcd.io/name']).toBe('b')
})

it('prunes it once it builds and holds something else', async () => {
  await publish('2', { ...both, ...broken, 'b/moving.yaml': configMap('moving') })
  await publish('3', both)
  expect(await find('moving')).toBeUndefined()
})

it('lets a Kustomization that fails leave, whoever names it', async () => {
  await publish('2', { ...both, ...broken, 'b/moving.yaml': configMap('moving') })
  await publish('3', {
    ...both,
    'kustomization.yaml': 'resources: [a.yaml]\n',
    'a.yaml': kustomization('a').replace('prune: true', 'prune: true, dependsOn: [{ name: b }]'),
  })
  expect(await world.operations.object(idOf('Kustomization', 'b'))).toBeUndefined()
})

it('waits with all that a Kustomization owned that left, as long as its timeout', async () => {
  const moved = { ...both, ...broken, 'b/moving.yaml': configMap('moving') }
  await publish('2', { ...moved, 'kustomization.yaml': 'resources: [b.yaml]\n' })
  expect(await find('moving')).toBeDefined()
  await world.settle(180_000)
  expect(await find('moving')).toBeUndefined()
  expect(await world.operations.object(idOf('Kustomization', 'a'))).toBeUndefined()
})
