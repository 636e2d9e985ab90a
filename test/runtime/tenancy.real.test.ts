import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createWorkingCopy } from '../../lib/cli/demo/working-copy.ts'
import { createLogger } from '../../lib/log/logger.ts'
import { createLocalRuntime, type LocalRuntime } from '../../lib/runtime/local.ts'
import { createGivenSecrets } from '../../lib/runtime/local-secrets.ts'
import { createGitServer } from '../../lib/sandbox/git-server.ts'
import { type ControlPlane, controllerPeers, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'

/** Who acts, and who may not, by the rules of a real cluster. */
describeWithPeers([...controlPlanePeers, ...controllerPeers], 'tenants of a cluster', () => {
  let directory: string
  let controlPlane: ControlPlane
  let runtime: LocalRuntime
  let team: string
  let other: string
  const closers: (() => unknown)[] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'driftless-tenancy-'))
    closers.push(() => rm(directory, { recursive: true, force: true, maxRetries: 3 }))
    controlPlane = await sharedControlPlane()
    team = await createNamespace(controlPlane, 'team')
    other = await createNamespace(controlPlane, 'other')
    const { stderr } = await controlPlane.kubectl(['apply', '-f', '-'], clusterObjects())
    expect(stderr).toBe('')
    const git = createGitServer({ root: join(directory, 'git') })
    const host = await git.listen()
    closers.push(host.close)
    await git.createRepository('acme/app')
    const url = `${host.url}/acme/app.git`
    await writeFiles(join(directory, 'seed'), {
      'own/all.yaml': configMap(team),
      'foreign/all.yaml': configMap(other),
    })
    const copy = await createWorkingCopy(
      join(directory, 'work'),
      url,
      join(directory, 'seed'),
      (text) => text,
    )
    await copy.push('seed')
    await writeFiles(directory, { 'fleet.yaml': fleetOf(url) })
    runtime = await createLocalRuntime({
      stateDirectory: join(directory, 'state'),
      fleetPath: join(directory, 'fleet.yaml'),
      secretStore: createGivenSecrets({ real: { value: controlPlane.kubeconfig } }),
      log: createLogger(() => {}),
    })
    closers.push(runtime.stop)
    await runtime.start()
  })

  afterAll(async () => {
    for (const close of closers.toReversed()) await close()
  })

  it.each([
    ['open', 'own', 'True', /^Applied revision: main@sha1:/],
    ['open', 'foreign', 'False', /cannot patch resource "configmaps" .* in the namespace "other-/],
    ['open', 'foreign', 'False', /User "system:serviceaccount:team-[0-9a-f]+:deployer"/],
    ['open', 'nobody', 'False', /User "system:serviceaccount:team-[0-9a-f]+:nobody"/],
    ['open', 'remote-own', 'True', /^Applied revision: main@sha1:/],
    ['open', 'remote-foreign', 'False', /User "system:serviceaccount:team-[0-9a-f]+:deployer"/],
    ['open', 'remote-program', 'False', /exec/],
    ['open', 'remote-plugin', 'False', /auth-provider/],
    ['open', 'remote-file', 'False', /'tokenFile', which is refused/],
    ['open', 'remote-insecure', 'False', /insecure-skip-tls-verify/],
    ['open', 'remote-missing', 'False', /unable to read KubeConfig secret '.*\/missing' error/],
    ['locked', 'own', 'True', /^Applied revision: main@sha1:/],
    ['locked', 'no-account', 'False', /tenancy is locked; name a service account/],
    ['locked', 'foreign-source', 'False', /cross-namespace references have been blocked/],
  ])('under %s tenancy Kustomization %s is ready: %s', async (cluster, name, ready, message) => {
    const id = { cluster, kind: 'Kustomization', namespace: team, name }
    const look = async () => {
      const found = await runtime.operations.object(id)
      return { ready: found?.ready, message: found?.message }
    }
    const wanted = { ready, message: expect.stringMatching(message) }
    await expect.poll(look, { timeout: 60_000 }).toEqual(wanted)
  })

  it('nobody wrote where they may not, and no program was run', async () => {
    const found = await controlPlane.kubectl(['get', 'cm', 'one', '-n', other, '-o', 'name'])
    expect(found.stderr).toContain('NotFound')
    expect(existsSync(join(directory, 'was-run'))).toBe(false)
  })

  /** The tenant's account may edit its own namespace; kubeconfigs of all kinds lie in its Secrets. */
  function clusterObjects(): string {
    const metadata = { namespace: team }
    const account = { apiVersion: 'v1', kind: 'ServiceAccount' }
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { ...metadata, name: 'deployer' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: team }],
    }
    const secrets = Object.entries(kubeconfigs()).map(([name, value]) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...metadata, name },
      stringData: { value },
    }))
    const accounts = ['deployer', 'nobody'].map((name) => ({
      ...account,
      metadata: { ...metadata, name },
    }))
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [...accounts, binding, ...secrets],
    })
  }

  function kubeconfigs(): Readonly<Record<string, string>> {
    const good: unknown = JSON.parse(controlPlane.kubeconfig)
    const withUser = (user: object) => JSON.stringify({ ...Object(good), users: [user] })
    const withCluster = (cluster: object) => {
      const [first] = Object(good).clusters
      return JSON.stringify({ ...Object(good), clusters: [{ ...first, cluster }] })
    }
    const { server } = controlPlane
    const run = { apiVersion: 'client.authentication.k8s.io/v1', command: 'touch' }
    const args = [join(directory, 'was-run')]
    return {
      good: controlPlane.kubeconfig,
      program: withUser({ name: 'peers', user: { exec: { ...run, args } } }),
      plugin: withUser({ name: 'peers', user: { 'auth-provider': { name: 'gcp' } } }),
      file: withUser({ name: 'peers', user: { tokenFile: '/etc/hostname' } }),
      insecure: withCluster({ server, 'insecure-skip-tls-verify': true }),
    }
  }

  function fleetOf(url: string): string {
    const on = (cluster: string) => `fleet.driftless.dev/cluster: ${cluster}`
    const source = (cluster: string, namespace: string) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: app, namespace: ${namespace}, annotations: { ${on(cluster)} } }
spec: { interval: 10m, url: '${url}', ref: { branch: main } }
`
    const kustomization = (
      cluster: string,
      name: string,
      path: string,
      more: string,
      namespace = team,
    ) => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: ${name}, namespace: ${team}, annotations: { ${on(cluster)} } }
spec: { interval: 10m, retryInterval: 2s, prune: true, path: ./${path}, sourceRef: { kind: GitRepository, name: app, namespace: ${namespace} }${more} }
`
    const as = (account: string) => `, serviceAccountName: ${account}`
    const by = (secret: string) => `, kubeConfig: { secretRef: { name: ${secret} } }`
    const refused = ['program', 'plugin', 'file', 'insecure', 'missing']
    return [
      clusterOf('open', 'open'),
      clusterOf('locked', 'locked'),
      source('open', team),
      source('locked', team),
      source('locked', other),
      kustomization('open', 'own', 'own', as('deployer')),
      kustomization('open', 'foreign', 'foreign', as('deployer')),
      kustomization('open', 'nobody', 'own', as('nobody')),
      kustomization('open', 'remote-own', 'own', as('deployer') + by('good')),
      kustomization('open', 'remote-foreign', 'foreign', as('deployer') + by('good')),
      ...refused.map((name) => kustomization('open', `remote-${name}`, 'foreign', by(name))),
      kustomization('locked', 'own', 'own', as('deployer')),
      kustomization('locked', 'no-account', 'foreign', ''),
      kustomization('locked', 'foreign-source', 'foreign', as('deployer'), other),
    ].join('---\n')
  }
})

const clusterOf = (name: string, tenancy: string) => `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: ${name} }
spec: { tenancy: ${tenancy}, connection: { kubeConfig: { secretRef: { name: real } } } }
`

const configMap = (namespace: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: one, namespace: ${namespace} }
data: { key: one }
`

async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
}
