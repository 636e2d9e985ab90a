import { afterEach, describe, expect, it } from 'vitest'
import { readInput } from '../../lib/reconcile/input.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import { clusterYaml, createTestWorld, idOf, rootSource, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const url = 'https://files.example/shared.yaml'
const config = (name: string, value: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default }\ndata: { value: '${value}' }\n`
const revision = (digit: string) => `main@sha1:${digit.repeat(40)}`
const root = () => world.object('Kustomization', 'flux-system')

async function start(more: string): Promise<void> {
  world = await createTestWorld()
  world.host(url, config('shared', 'one'))
  world.publish(rootUrl, revision('1'), { 'kustomization.yaml': `resources: ['${url}']\n` })
  await world.load(`${clusterYaml}${more}`)
  await world.settle(1_000)
}

async function dataOf(name: string): Promise<unknown> {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name }
  return (await (await world.connect()).find(ref))?.data
}

describe('a remote base', () => {
  it('is not fetched unless the Cluster names its host, and the fault says where', async () => {
    await start('')
    const { ready, reason, message } = await root()
    expect([ready, reason]).toEqual(['False', 'BuildFailed'])
    expect(message).toContain(url)
    expect(message).toContain("allow its host in the Cluster's spec.remoteBases.hosts")
  })

  it('is fetched from a host that is named, and again at each interval', async () => {
    await start('  remoteBases: { hosts: [files.example] }\n')
    expect((await root()).ready).toBe('True')
    expect(await dataOf('shared')).toEqual({ value: 'one' })
    world.host(url, config('shared', 'two'))
    await world.settle(700_000)
    expect(await dataOf('shared')).toEqual({ value: 'two' })
  })
})

describe('an object that moves into a Kustomization with a remote base', () => {
  it('is left to it, and never deleted', async () => {
    world = await createTestWorld()
    const apps = (name: string) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: flux-system }
spec: { interval: 10m, path: ./${name}, prune: true, sourceRef: { kind: GitRepository, name: flux-system } }
`
    const push = async (digit: string, a: string, b: string) => {
      world.publish(rootUrl, revision(digit), {
        'kustomization.yaml': 'resources: [a.yaml, b.yaml]\n',
        'a.yaml': apps('a'),
        'b.yaml': apps('b'),
        'a/kustomization.yaml': `resources: [${a}]\n`,
        'b/kustomization.yaml': `resources: [${b}]\n`,
        'a/own.yaml': config('own', '1'),
        'a/moved.yaml': config('moved', '1'),
        'b/moved.yaml': config('moved', '1'),
      })
      await world.ask(rootSource, 'webhook')
      await world.settle(5_000)
    }
    world.host(url, config('shared', 'one'))
    await world.load(`${clusterYaml}  remoteBases: { hosts: [files.example] }\n`)
    await push('1', 'own.yaml, moved.yaml', `'${url}'`)
    const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default' }
    const uidOf = async (name: string) =>
      (await (await world.connect()).find({ ...ref, name }))?.metadata.uid
    const before = await uidOf('moved')
    expect(before).toBeDefined()
    await push('2', 'own.yaml', `'${url}', moved.yaml`)
    expect(await uidOf('moved')).toBe(before)
  })
})

describe('a build that was applied by a worker killed before it noted so', () => {
  it('is not taken for the one before it, when a commit goes back to that', async () => {
    world = await createTestWorld()
    const push = async (digit: string, value: string) => {
      world.publish(rootUrl, revision(digit), {
        'kustomization.yaml': 'resources: [a.yaml]\n',
        'a.yaml': config('a', value),
      })
      await world.ask(rootSource, 'webhook')
      await world.settle(2_000)
    }
    await world.load(clusterYaml)
    await push('1', 'first')
    const id = idOf('Kustomization', 'flux-system')
    const before = await readInput(world.ports.store, id)
    await push('2', 'second')
    expect(await dataOf('a')).toEqual({ value: 'second' })
    await world.ports.store.put(keys.input(id), JSON.stringify({ version: 1, ...before }))
    await push('3', 'first')
    expect(await dataOf('a')).toEqual({ value: 'first' })
  })
})
