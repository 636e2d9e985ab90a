import { afterEach, expect, it } from 'vitest'
import { clusterYaml, createTestWorld, rootUrl, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const bucket = (kind: string, namespace: string, name: string) =>
  `apiVersion: source.toolkit.fluxcd.io/v1\nkind: ${kind}\nmetadata: { name: "${name}", namespace: "${namespace}" }\nspec: {}\n`

it.each([
  ['Bucket', 'default', '..', 'Bucket/default/.. metadata.name: Invalid value: ".."'],
  ['Bucket', '..', 'a', 'Bucket/../a metadata.namespace: Invalid value: ".."'],
  ['A/B', 'default', 'a', 'A/B/default/a kind: Invalid value: "A/B"'],
  ['Bucket', 'default', 'Upper', 'metadata.name: Invalid value: "Upper"'],
])(
  'tells of an object of the fleet that can have no such name: %s %s %s',
  async (kind, namespace, name, message) => {
    world = await createTestWorld()
    world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, {
      'kustomization.yaml': 'resources: [bad.yaml, good.yaml]\n',
      'bad.yaml': bucket(kind, namespace, name),
      'good.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: good, namespace: default }\n',
    })
    await world.load(clusterYaml)
    await world.settle(2_000)
    const root = await world.object('Kustomization', 'flux-system')
    expect([root.ready, root.reason, root.isStalled]).toEqual([
      'False',
      'ReconciliationFailed',
      false,
    ])
    expect(root.message).toContain(message)
  },
)

it('tells of an object of the cluster that can have no such name', async () => {
  world = await createTestWorld()
  world.publish(rootUrl, `main@sha1:${'1'.repeat(40)}`, {
    'kustomization.yaml': 'resources: [bad.yaml]\n',
    'bad.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: "..", namespace: default }\n',
  })
  await world.load(clusterYaml)
  await world.settle(2_000)
  const root = await world.object('Kustomization', 'flux-system')
  expect(root.reason).toBe('ReconciliationFailed')
  expect(root.message).toContain("'..' is no name of an object")
})
