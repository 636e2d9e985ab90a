import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ClusterRequest, Transport } from '../../lib/cluster/transport.ts'
import type { ObjectDetail } from '../../lib/reconcile/operations.ts'
import { createWorker } from '../../lib/reconcile/worker.ts'
import type { AwsCall, AwsCredentials } from '../../lib/runtime/aws-call.ts'
import { createEksFinder, type EksCluster } from '../../lib/runtime/aws-eks.ts'
import { createClusters } from '../../lib/runtime/clusters.ts'
import { type EksAuthenticator, startEksAuthenticator } from '../aws/eks-authenticator.ts'
import { type AwsServer, callAs, region, startMoto } from '../aws/moto.ts'
import { callRest } from '../aws/requests.ts'
import { createSts, type Sts } from '../aws/sts.ts'
import { apiRequest } from '../peers/api-request.ts'
import { type ControlPlane, controlPlanePeers, startControlPlane } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { makeTemporaryFolder } from '../peers/temporary-folder.ts'
import { until } from '../peers/until.ts'
import { createTestWorld, idOf, rootUrl, type TestWorld } from '../reconcile/world.ts'

const role = 'driftless-reconcile'

describeWithPeers(['moto', ...controlPlanePeers], 'an EKS cluster by name', () => {
  const folder = makeTemporaryFolder('eks')
  const closers: (() => unknown)[] = [() => rm(folder, { recursive: true, force: true })]
  let moto: AwsServer
  let sts: Sts
  let authenticator: EksAuthenticator
  let plane: ControlPlane
  /** AWS's time and ours. */
  let aheadMs = 0
  const now = (): number => Date.now() + aheadMs

  beforeAll(async () => {
    moto = await startMoto()
    closers.push(moto.stop)
    sts = createSts(moto, now)
    for (const name of ['staging-1', 'staging-2']) await createEks(name)
    authenticator = await startEksAuthenticator({
      cluster: 'staging-1',
      region,
      sts,
      now,
      users: new Map([[role, 'driftless']]),
    })
    closers.push(authenticator.close)
    const config = join(folder, 'authenticator.json')
    await writeFile(config, authenticator.config)
    plane = await startControlPlane({
      apiServerArgs: [
        `--authentication-token-webhook-config-file=${config}`,
        '--authentication-token-webhook-version=v1',
        '--authentication-token-webhook-cache-ttl=1s',
      ],
    })
    closers.push(plane.stop)
    await allow('driftless')
  })
  afterAll(async () => {
    for (const close of closers.toReversed()) await close()
  })

  it('takes our token for who its role is, and lets a reconcile apply', async () => {
    const look = await open('staging-1', await sts.assumeRole(role))
    expect((await look.push('1', ['a', 'b'])).message).toContain('Applied revision')
    expect(await textsInCluster()).toEqual({ a: '1', b: '1' })
    expect(verdicts()).toEqual([expect.stringMatching(`:assumed-role/${role}/session-`)])
    await look.close()
  })

  it('is given a fresh token in the middle of a run, where it takes the old one no longer', async () => {
    const first = await sts.assumeRole(role)
    let current = first
    let writes = 0
    const look = await open(
      'staging-1',
      () => current,
      async (request) => {
        const isWrite = request.method === 'PATCH' && request.query?.dryRun === undefined
        writes += isWrite ? 1 : 0
        if (!isWrite || writes !== 2) return
        const token = authenticator.reviews().at(-1)?.token ?? ''
        current = await sts.assumeRole(role)
        sts.end(first)
        // The API server believes in what it has seen for some ten seconds.
        await until('the old token is refused', 60_000, [], async () => {
          const answer = await apiRequest({ ...plane, token }, 'GET', '/version')
          return answer.status === 401
        })
      },
    )
    expect((await look.push('2', ['a', 'b', 'c'])).message).toContain('Applied revision')
    expect(writes).toBeGreaterThanOrEqual(3)
    expect(await textsInCluster()).toEqual({ a: '2', b: '2', c: '2' })
    expect(verdicts().some((verdict) => verdict.includes('ExpiredToken'))).toBe(true)
    await look.close()
  })

  it('is given another token before the first one ends', async () => {
    const look = await open('staging-1', await sts.assumeRole(role))
    const refusals = () => verdicts().filter((verdict) => verdict.startsWith('Error')).length
    const before = refusals()
    expect((await look.push('3', ['a'])).message).toContain('Applied revision')
    const token = authenticator.reviews().at(-1)?.token
    aheadMs += 14 * 60_000
    expect((await look.push('4', ['a'])).message).toContain('Applied revision')
    expect(authenticator.reviews().at(-1)?.token).not.toBe(token)
    expect(refusals()).toBe(before)
    await look.close()
  })

  it.each([
    ['signed for another cluster', 'staging-2', role, 'SignatureDoesNotMatch'],
    ['of a role without an access entry', 'staging-1', 'somebody', 'is not mapped'],
  ])('refuses a token %s, and nothing is applied', async (_, eks, assumed, why) => {
    const look = await open(eks, await sts.assumeRole(assumed))
    const found = await look.push('5', ['a'])
    expect(found.ready).toBe('False')
    expect(found.message).toContain(`EKS cluster '${eks}' does not know us`)
    expect(verdicts().at(-1)).toContain(why)
    expect(await textsInCluster()).not.toMatchObject({ a: '5' })
    await look.close()
  })

  /** Without controllers nobody fills the role `edit`. */
  async function allow(user: string): Promise<void> {
    for (const args of [
      ['namespace', 'apps'],
      ['role', 'apps', '--verb=*', '--resource=configmaps', '--namespace=apps'],
      ['rolebinding', 'apps', '--role=apps', `--user=${user}`, '--namespace=apps'],
    ]) {
      expect((await plane.kubectl(['create', ...args])).stderr).toBe('')
    }
    const asked = ['auth', 'can-i', 'patch', 'configmaps', '--namespace=apps', `--as=${user}`]
    await until('the role counts', 60_000, [], async () => {
      return (await plane.kubectl(asked)).code === 0
    })
  }

  async function createEks(name: string): Promise<void> {
    const roleArn = 'arn:aws:iam::123456789012:role/eks'
    const resourcesVpcConfig = { subnetIds: [] }
    await callRest(moto.call, 'eks', 'POST', '/clusters', { name, roleArn, resourcesVpcConfig })
  }

  /** A fleet of this one cluster, whose root holds ConfigMaps; `before` is called with each request to the cluster. */
  async function open(
    eks: string,
    credentials: AwsCredentials | (() => AwsCredentials),
    before: (request: ClusterRequest) => Promise<void> = async () => {},
  ) {
    const world = await createTestWorld()
    const find = createEksFinder({
      call: describeOurs(callAs('AKIDOFRECONCILE', moto.url)),
      credentials: async () => (typeof credentials === 'function' ? credentials() : credentials),
      https: {},
      now: () => new Date(now()),
    })
    const findEks = async (...asked: Parameters<typeof find>): Promise<EksCluster> => {
      const { key, open: openEks } = await find(...asked)
      return { key, open: () => gated(openEks(), before) }
    }
    const { store, secretStore } = world.ports
    const options = { store, secretStore, findEks, https: {}, now: () => new Date(now()) }
    const clusters = createClusters(options)
    const work = createWorker({ ...world.ports, clusters })
    return {
      push: async (digit: string, names: readonly string[]): Promise<ObjectDetail> => {
        publish(world, digit, names)
        await world.load(fleetOf(eks))
        await world.ask(idOf('GitRepository', 'flux-system'), 'webhook')
        await world.requests.drain(work)
        return world.object('Kustomization', 'flux-system')
      },
      close: async () => {
        clusters.close()
        await world.close()
      },
    }
  }

  /** moto's EKS knows the cluster; where it runs it cannot know. */
  function describeOurs(call: AwsCall): AwsCall {
    return async (request) => {
      const answer = await call(request)
      if (request.service !== 'eks' || answer.status !== 200) return answer
      const { cluster } = JSON.parse(new TextDecoder().decode(answer.body))
      const data = Buffer.from(plane.ca).toString('base64')
      const ours = { ...cluster, endpoint: plane.server, certificateAuthority: { data } }
      const body = new TextEncoder().encode(JSON.stringify({ cluster: ours }))
      const headers = new Headers({ date: new Date(now()).toUTCString() })
      return { ...answer, headers, body }
    }
  }

  function verdicts(): readonly string[] {
    return authenticator.reviews().map(({ verdict }) => verdict)
  }

  async function textsInCluster(): Promise<Readonly<Record<string, string>>> {
    const { stdout } = await plane.kubectl(['get', 'configmaps', '-n', 'apps', '-o', 'json'])
    const items: readonly { metadata: { name: string }; data: { text: string } }[] =
      JSON.parse(stdout).items
    const own = items.filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
    return Object.fromEntries(own.map(({ metadata, data }) => [metadata.name, data.text]))
  }
})

function gated<T extends Transport & { readonly close: () => void }>(
  transport: T,
  before: (request: ClusterRequest) => Promise<void>,
) {
  const gate: Transport = async (request) => {
    await before(request)
    return transport(request)
  }
  return Object.assign(gate, { close: transport.close })
}

function publish(world: TestWorld, digit: string, names: readonly string[]): void {
  const manifest = (name: string): string =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: apps }\ndata: { text: '${digit}' }\n`
  world.publish(rootUrl, `main@sha1:${digit.repeat(40)}`, {
    'kustomization.yaml': `resources: [${names.map((name) => `${name}.yaml`).join(', ')}]\n`,
    ...Object.fromEntries(names.map((name) => [`${name}.yaml`, manifest(name)])),
  })
}

function fleetOf(eks: string): string {
  return `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: test }
spec:
  connection: { eks: { name: ${eks}, region: ${region} } }
  sync:
    source: { kind: GitRepository, url: '${rootUrl}', ref: { branch: main } }
    path: ./
`
}
