import { afterEach, expect, it } from 'vitest'
import { createTestWorld, idOf, pushRoot, type TestWorld } from './world.ts'

let world: TestWorld
afterEach(() => world.close())

const apps = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: flux-system }
spec: { interval: 10m, path: ./apps, prune: true, sourceRef: { kind: GitRepository, name: flux-system } }
`
const config = (name: string, more = '') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: default${more} }\n`
const stays = ', annotations: { kustomize.toolkit.fluxcd.io/prune: disabled }'

it('tells once what left and was left alone, though nothing was deleted', async () => {
  world = await createTestWorld()
  await pushRoot(world, '1', {
    'apps.yaml': apps,
    'apps/one.yaml': config('one'),
    'apps/two.yaml': config('two', stays),
  })
  await pushRoot(world, '2', { 'apps.yaml': apps, 'apps/one.yaml': config('one') })
  await world.operations.reconcile(idOf('Kustomization', 'apps'))
  await world.settle(1_000)
  const told = (await world.events('Kustomization', 'apps')).filter(({ message }) =>
    message.includes('skipped'),
  )
  expect(told).toMatchObject([
    {
      severity: 'info',
      reason: 'Progressing',
      message: 'ConfigMap/default/two skipped',
      metadata: { revision: `main@sha1:${'2'.repeat(40)}` },
    },
  ])
  const { inventory } = await world.object('Kustomization', 'apps')
  expect(inventory.map(({ id }) => id)).toEqual(['default_one__ConfigMap'])
})
