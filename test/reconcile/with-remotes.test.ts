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
