import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ObjectDetail } from '../../lib/reconcile/operations.ts'
import { bucketSource, configMap, fromBucket, kustomization, variable } from './fleet.ts'
import { eventually, isReady, isSettled, type Served, serveForAttacks } from './serve.ts'

const webhookSecret = 'the-secret-of-the-github-door'

/** A cluster whose tenancy is locked, with a tenant in namespace `default` and everyone else's things in `flux-system`. */
let served: Served

const inTeam = { namespace: 'default' }
const account = { serviceAccountName: 'team', targetNamespace: 'default' }
const teamSource = (name: string, endpoint: string, spec: object = {}) =>
  withNamespace(bucketSource(name, endpoint, spec))
const teamKustomization = (name: string, spec: object) =>
  kustomization(
    name,
    { path: './team', sourceRef: { kind: 'Bucket', name: 'team' }, ...account, ...spec },
    inTeam,
  )

beforeAll(async () => {
  const root = kustomization(
    'flux-system',
    {
      path: './evil',
      sourceRef: { kind: 'Bucket', name: 'evil', namespace: 'default' },
      prune: false,
    },
    { namespace: 'flux-system' },
  )
  served = await serveForAttacks({
    cluster: { tenancy: 'locked' },
    secrets: { 'default/own': { place: 'home', accesskey: 'any', secretkey: 'any' } },
    objects: {
      'team/app.yaml': configMap('app', { leak: variable('github:=nothing') }),
      'owned/app.yaml': configMap('owned', { place: variable('place:=nothing') }),
      'evil/root.yaml': JSON.stringify(root),
      'ops/app.yaml': configMap('ops'),
    },
    fleet: ({ endpoint }) => [
      ...fromBucket('ops', endpoint, { serviceAccountName: 'ops' }),
      teamSource('team', endpoint, { secretRef: { name: 'own' } }),
      teamSource('owned', endpoint, { secretRef: { name: 'own' } }),
      teamSource('evil', endpoint, { secretRef: { name: 'own' } }),
      teamSource('keys', endpoint, { secretRef: { name: 'keys' } }),
      teamKustomization('fine', {
        path: './owned',
        sourceRef: { kind: 'Bucket', name: 'owned' },
        postBuild: { substituteFrom: [{ kind: 'Secret', name: 'own' }] },
      }),
      teamKustomization('source', {
        path: './ops',
        sourceRef: { kind: 'Bucket', name: 'ops', namespace: 'flux-system' },
      }),
      teamKustomization('depends', { dependsOn: [{ name: 'ops', namespace: 'flux-system' }] }),
      teamKustomization('nobody', { serviceAccountName: undefined }),
      teamKustomization('webhooks', {
        postBuild: { substituteFrom: [{ kind: 'Secret', name: 'webhooks' }] },
      }),
      teamKustomization('kubeconfig', {
        kubeConfig: { secretRef: { name: 'production-kubeconfig' } },
      }),
      teamKustomization('slash', { kubeConfig: { secretRef: { name: '../flux-system/keys' } } }),
      teamKustomization('remote', { kubeConfig: { secretRef: { name: 'flux-system/keys' } } }),
      teamKustomization('evil', {
        path: './evil',
        targetNamespace: undefined,
        sourceRef: { kind: 'Bucket', name: 'evil' },
      }),
    ],
  })
})
afterAll(() => served.close())

async function settled(name: string, kind = 'Kustomization'): Promise<ObjectDetail> {
  let found: ObjectDetail | undefined
  await eventually(
    async () => {
      const id = { cluster: 'here', kind, ...inTeam, name }
      found = await served.runtime().operations.object(id)
      return found !== undefined && isSettled(found)
    },
    () => `team/${name} is settled: ${found?.message}`,
  )
  if (found === undefined) throw new Error(`${kind}/team/${name} is not registered`)
  return found
}

describe('a tenant where tenancy is locked', () => {
  it('A33: works with what lies in its own namespace', async () => {
    expect(isReady(await settled('fine'))).toBe(true)
    expect(await dataOf('owned')).toEqual({ place: 'home' })
    await served.until('Kustomization', 'ops', isReady)
  })

  it.each(['source', 'depends'])('A33: reaches into no other namespace by its %s', async (name) => {
    const { reason, message, inventory } = await settled(name)
    expect([reason, inventory]).toEqual(['AccessDenied', []])
    expect(message).toMatch(
      /^can't access '(Bucket|Kustomization)\/flux-system\/ops', cross-namespace references have been blocked$/,
    )
  })

  it('A33: acts in no name but that of a service account', async () => {
    const { reason, message } = await settled('nobody')
    expect(reason).toBe('AccessDenied')
    expect(message).toContain('spec.serviceAccountName')
  })

  it('A33: reads no secret of the fleet that is not its own', async () => {
    const { reason, message } = await settled('webhooks')
    expect([reason, message]).toEqual([
      'BuildFailed',
      `post build failed for 'ConfigMap.v1.[noGrp]/app': substitute from 'Secret/webhooks' error: secrets "webhooks" not found`,
    ])
    for (const name of ['kubeconfig', 'slash', 'remote']) {
      expect((await settled(name)).reason, name).toBe('ReconciliationFailed')
    }
    expect((await settled('keys', 'Bucket')).reason).toBe('AuthenticationFailed')
    expect(await dataOf('app')).toBeUndefined()
    expect(served.log()).not.toContain(webhookSecret)
  })

  it('A33: puts nothing in the place of the root, nor anywhere outside its namespace', async () => {
    const { reason, message, inventory } = await settled('evil')
    expect([reason, inventory]).toEqual(['AccessDenied', []])
    expect(message).toContain('Kustomization/flux-system/flux-system')
    const id = {
      cluster: 'here',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'flux-system',
    }
    expect(await served.runtime().operations.object(id)).toBeUndefined()
  })
})

function withNamespace(object: object): object {
  const metadata = 'metadata' in object ? object.metadata : {}
  return { ...object, metadata: { ...Object(metadata), ...inTeam } }
}

async function dataOf(name: string): Promise<unknown> {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', ...inTeam, name }
  return (await (await served.client()).find(ref))?.data
}
