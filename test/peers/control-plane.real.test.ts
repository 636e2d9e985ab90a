import { beforeAll, expect, it } from 'vitest'
import { apiRequest } from './api-request.ts'
import { type ControlPlane, controllerPeers, controlPlanePeers } from './control-plane.ts'
import { describeWithPeers } from './describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from './shared-control-plane.ts'

const deployment = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'example.com/web:1' }] },
    },
  },
})

describeWithPeers([...controlPlanePeers, ...controllerPeers], 'the control plane', () => {
  let controlPlane: ControlPlane

  beforeAll(async () => {
    controlPlane = await sharedControlPlane()
  })

  it('rolls a Deployment out', async () => {
    const namespace = await createNamespace(controlPlane, 'rollout')
    const applied = await run(['apply', '-n', namespace, '-f', '-'], deployment)
    expect(applied).toBe('deployment.apps/web created\n')
    await run(['rollout', 'status', '-n', namespace, 'deployment/web', '--timeout=100s'])
    const available = ['get', '-n', namespace, 'deployment/web', '-o']
    expect(await run([...available, 'jsonpath={.status.availableReplicas}'])).toBe('3')
    await run(['delete', 'namespace', namespace, '--wait=false'])
  })

  it('completes the deletion of a namespace and what is in it', async () => {
    const namespace = await createNamespace(controlPlane, 'leaving')
    await run(['apply', '-n', namespace, '-f', '-'], deployment)
    await run(['delete', 'namespace', namespace, '--timeout=100s'])
    const { code, stderr } = await controlPlane.kubectl(['get', 'namespace', namespace])
    expect(code).toBe(1)
    expect(stderr).toContain('NotFound')
  })

  it('fails the Pods that ask for it', async () => {
    const namespace = await createNamespace(controlPlane, 'failing')
    const label = 'pod-container-running-failed.stage.kwok.x-k8s.io'
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'broken', labels: { [label]: 'true' } },
      spec: { containers: [{ name: 'web', image: 'example.com/web:1' }] },
    }
    await run(['apply', '-n', namespace, '-f', '-'], JSON.stringify(pod))
    const failed = ['--for=jsonpath={.status.phase}=Failed', '--timeout=100s']
    await run(['wait', '-n', namespace, 'pod/broken', ...failed])
    await run(['delete', 'namespace', namespace, '--wait=false'])
  })

  it('collects what a deleted owner leaves', async () => {
    const namespace = await createNamespace(controlPlane, 'owned')
    await run(['apply', '-n', namespace, '-f', '-'], deployment)
    await run(['rollout', 'status', '-n', namespace, 'deployment/web', '--timeout=100s'])
    await run(['delete', '-n', namespace, 'deployment/web', '--cascade=foreground'])
    expect(await run(['get', '-n', namespace, 'replicasets', '-o', 'name'])).toBe('')
    await run(['delete', 'namespace', namespace, '--wait=false'])
  })

  it('holds each user to his rights', async () => {
    const { server, ca, tokens } = controlPlane
    const statusOf = async (token: string, path: string): Promise<number> =>
      (await apiRequest({ server, ca, token }, 'GET', path)).status
    expect(await statusOf(tokens.viewer, '/api/v1/configmaps')).toBe(200)
    expect(await statusOf(tokens.viewer, '/api/v1/secrets')).toBe(403)
    expect(await statusOf(tokens.nobody, '/api/v1/configmaps')).toBe(403)
    expect(await statusOf('no-such-token', '/api/v1/configmaps')).toBe(401)
  })

  async function run(args: readonly string[], stdin?: string): Promise<string> {
    const { code, stdout, stderr } = await controlPlane.kubectl(args, stdin)
    expect(code, `kubectl ${args.join(' ')}: ${stderr}`).toBe(0)
    return stdout
  }
})
