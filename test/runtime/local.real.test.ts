import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { deliverGithubPush } from '../../lib/cli/demo/deliver.ts'
import { createWorkingCopy, type WorkingCopy } from '../../lib/cli/demo/working-copy.ts'
import { createLogger } from '../../lib/log/logger.ts'
import { createLocalRuntime, type LocalRuntime } from '../../lib/runtime/local.ts'
import { listenLocally } from '../../lib/runtime/local-server.ts'
import { createGitServer } from '../../lib/sandbox/git-server.ts'
import { createMemorySecrets } from '../../lib/secrets/memory.ts'
import { type ControlPlane, controllerPeers, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { sharedControlPlane } from '../peers/shared-control-plane.ts'

/** The whole of Driftless against a real control plane, watched with kubectl. */
describeWithPeers([...controlPlanePeers, ...controllerPeers], 'a push to a real cluster', () => {
  let directory: string
  let controlPlane: ControlPlane
  let runtime: LocalRuntime
  let podinfo: WorkingCopy
  let push: (subject: string) => Promise<string>
  const closers: (() => Promise<void>)[] = []

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'driftless-real-'))
    controlPlane = await sharedControlPlane()
    const git = createGitServer({ root: join(directory, 'git') })
    const host = await git.listen()
    await git.createRepository('acme/podinfo')
    podinfo = await createWorkingCopy(
      join(directory, 'work'),
      `${host.url}/acme/podinfo.git`,
      'examples/demo/repositories/podinfo',
      (text) => text,
    )
    await podinfo.push('seed')
    await writeFile(join(directory, 'fleet.yaml'), fleetOf(host.url))
    runtime = await createLocalRuntime({
      stateDirectory: join(directory, 'state'),
      fleetPath: join(directory, 'fleet.yaml'),
      log: createLogger(() => {}),
      secretStore: createMemorySecrets({
        real: { value: controlPlane.kubeconfig },
        webhooks: { github: 'secret' },
      }),
    })
    const server = await listenLocally(runtime, { host: '127.0.0.1', port: 0 })
    closers.push(
      () => server.close(),
      () => runtime.stop(),
      () => host.close(),
    )
    push = async (subject) => {
      const after = await podinfo.push(subject)
      const change = {
        repository: 'acme/podinfo',
        ref: 'refs/heads/main',
        before: '0'.repeat(40),
        after,
      }
      const { status } = await deliverGithubPush(server.url, host.url, 'secret', change)
      expect(status).toBe(202)
      return after
    }
    await runtime.start()
  })

  afterAll(async () => {
    for (const close of closers) await close()
    await rm(directory, { recursive: true, force: true })
  })

  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await controlPlane.kubectl(args)
    return code === 0 ? stdout.trim() : stderr.trim()
  }

  const readyAt = async (cluster: string, revision: string): Promise<void> => {
    const deadline = Date.now() + 100_000
    for (;;) {
      const objects = await runtime.operations.objects({ cluster, kind: 'Kustomization' })
      if (
        objects.length > 0 &&
        objects.every((each) => each.ready === 'True' && each.revision.includes(revision))
      )
        return
      if (Date.now() > deadline)
        throw new Error(`${cluster} is not ready: ${JSON.stringify(objects)}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  it('rolls out in two clusters, and is Ready only when the Deployments are', async () => {
    await Promise.all([readyAt('one', ''), readyAt('two', '')])
    expect(
      await kubectl(
        '-n',
        'podinfo-staging',
        'get',
        'deploy',
        'podinfo',
        '-o',
        'jsonpath={.status.availableReplicas}',
      ),
    ).toMatch(/^[12]$/) // the autoscaler raises it to 2 later
    expect(
      await kubectl(
        '-n',
        'podinfo-production',
        'get',
        'deploy',
        'podinfo',
        '-o',
        'jsonpath={.status.availableReplicas}',
      ),
    ).toBe('3')
    const managers = await kubectl(
      '-n',
      'podinfo-staging',
      'get',
      'svc',
      'podinfo',
      '--show-managed-fields',
      '-o',
      'jsonpath={.metadata.managedFields[*].manager}',
    )
    expect(managers).toBe('driftless')
  })

  it('changes what a push changes and prunes what it removes', async () => {
    await podinfo.edit('base/kustomization.yaml', (text) =>
      text.replace('6.9.0', '6.9.9').replace('  - hpa.yaml\n', ''),
    )
    await podinfo.edit('overlays/production/kustomization.yaml', (text) =>
      text.slice(0, text.indexOf('patches:')),
    )
    await podinfo.remove('base/hpa.yaml')
    const sha = await push('Release 6.9.9')
    await Promise.all([readyAt('one', sha), readyAt('two', sha)])
    for (const namespace of ['podinfo-staging', 'podinfo-production']) {
      expect(
        await kubectl('-n', namespace, 'get', 'deploy', 'podinfo', '-o', 'jsonpath={..image}'),
      ).toBe('ghcr.io/stefanprodan/podinfo:6.9.9')
      expect(await kubectl('-n', namespace, 'get', 'hpa', '-o', 'name')).toBe('')
    }
  })

  it('repairs drift by the schedule', async () => {
    const image = 'podinfod=example.com/by-hand:1'
    // What they say is all there is to see for sure: the next look may come at any moment.
    expect(
      await kubectl('-n', 'podinfo-staging', 'set', 'image', 'deploy/podinfo', image),
    ).toContain('image updated')
    expect(await kubectl('-n', 'podinfo-staging', 'delete', 'service', 'podinfo')).toContain(
      'deleted',
    )
    const deadline = Date.now() + 90_000
    while (Date.now() < deadline) {
      const image = await kubectl(
        '-n',
        'podinfo-staging',
        'get',
        'deploy',
        'podinfo',
        '-o',
        'jsonpath={..image}',
      )
      const service = await kubectl(
        '-n',
        'podinfo-staging',
        'get',
        'service',
        'podinfo',
        '-o',
        'name',
      )
      if (image.endsWith(':6.9.9') && service === 'service/podinfo') return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error('the drift was not repaired')
  })

  it('refuses a commit that the API server would refuse, before any write', async () => {
    const before = await kubectl('-n', 'podinfo-staging', 'get', 'deploy,svc,cm,sa', '-o', 'name')
    await podinfo.edit('base/deployment.yaml', (text) =>
      text.replace('containerPort: 9898', 'containerPort: 98989898'),
    )
    const sha = await push('Break the port')
    const deadline = Date.now() + 90_000
    for (;;) {
      const [found] = await runtime.operations.objects({ cluster: 'one', kind: 'Kustomization' })
      if (found?.ready === 'False') {
        expect(found.reason).toBe('ReconciliationFailed')
        expect(found.message).toMatch(
          /^Deployment\/podinfo-staging\/podinfo dry-run failed \(Invalid\): /,
        )
        break
      }
      if (Date.now() > deadline) throw new Error(`${sha} was not refused`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    expect(await kubectl('-n', 'podinfo-staging', 'get', 'deploy,svc,cm,sa', '-o', 'name')).toBe(
      before,
    )
  })

  it('takes everything down when it leaves the fleet', async () => {
    await writeFile(join(directory, 'fleet.yaml'), clusters)
    const deadline = Date.now() + 100_000
    while (Date.now() < deadline) {
      if ((await kubectl('get', 'namespaces', '-o', 'name')).includes('podinfo-') === false) return
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    throw new Error('the namespaces are still there')
  })
})

const clusters = ['one', 'two']
  .map(
    (name) => `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: ${name} }
spec: { connection: { kubeConfig: { secretRef: { name: real } } }, prune: { allow: [Namespace] } }
`,
  )
  .join('---\n')

const fleetOf = (url: string) =>
  [
    clusters,
    ...[
      ['one', 'staging'],
      ['two', 'production'],
    ].map(
      ([cluster, overlay]) => `apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: { name: podinfo, namespace: flux-system, annotations: { fleet.driftless.dev/cluster: ${cluster} } }
spec: { interval: 10m, url: ${url}/acme/podinfo.git, ref: { branch: main } }
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: podinfo, namespace: flux-system, annotations: { fleet.driftless.dev/cluster: ${cluster} } }
spec:
  interval: 3s
  timeout: 1m
  path: ./overlays/${overlay}
  prune: true
  wait: true
  sourceRef: { kind: GitRepository, name: podinfo }
  postBuild: { substitute: { cluster_name: ${overlay} } }
`,
    ),
  ].join('---\n')
