import { beforeAll, expect, it } from 'vitest'
import { createClusterClient } from '../../lib/cluster/client.ts'
import { createHttpsTransport } from '../../lib/cluster/https.ts'
import { transportFromContext, transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { type ControlPlane, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { printKubeconfig } from '../peers/kubeconfig.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'

const configMaps = { group: '', version: 'v1', kind: 'ConfigMap' }

describeWithPeers(controlPlanePeers, 'a client of a real kube-apiserver', () => {
  let controlPlane: ControlPlane

  beforeAll(async () => {
    controlPlane = await sharedControlPlane()
  })

  it('verifies the certificate of the server, always', async () => {
    const { server, token } = controlPlane
    const credentials = async () => ({ headers: { Authorization: `Bearer ${token}` } })
    const stranger = createHttpsTransport({ server, credentials })
    await expect(stranger({ method: 'GET', path: '/version' })).rejects.toMatchObject({
      code: 'Unreachable',
      message: expect.stringContaining('self-signed certificate'),
    })
    const { ca } = controlPlane
    const misnamed = createHttpsTransport({ server, ca, servername: 'other.name', credentials })
    await expect(misnamed({ method: 'GET', path: '/version' })).rejects.toMatchObject({
      code: 'Unreachable',
    })
  })

  it("reaches it by a Secret's kubeconfig and by the user's own context", async () => {
    const { kubeconfig, kubeconfigFile } = controlPlane
    for (const transport of [
      await transportFromSecret(kubeconfig),
      await transportFromContext(undefined, kubeconfigFile),
    ]) {
      const { status, body } = await transport({ method: 'GET', path: '/version' })
      expect(status).toBe(200)
      expect(body).toMatchObject({ gitVersion: expect.stringMatching(/^v1\./) })
      transport.close()
    }
  })

  it('is told what it may not do, and who a bad token is', async () => {
    const viewer = await clientAs(controlPlane.tokens.viewer)
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', namespace: 'default' },
    }
    await expect(viewer.applyServerSide(object)).rejects.toMatchObject({
      code: 'Forbidden',
      apiReason: 'Forbidden',
      message: expect.stringContaining('cannot patch resource "configmaps"'),
    })
    const nobody = await clientAs('no-such-token')
    await expect(nobody.list(configMaps)).rejects.toMatchObject({ code: 'Unauthorized' })
  })

  it('acts as a service account where it is told to, with its rights and no others', async () => {
    const namespace = await createNamespace(controlPlane, 'impersonate')
    const { kubectl } = controlPlane
    await kubectl(['create', 'serviceaccount', 'deployer', '-n', namespace])
    const user = `system:serviceaccount:${namespace}:deployer`
    const transport = await transportFromSecret(controlPlane.kubeconfig)
    const deployer = createClusterClient(transport, { impersonate: user })
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace } }
    await expect(deployer.applyServerSide(object)).rejects.toThrow(`User "${user}" cannot`)
    const role = ['create', 'rolebinding', 'edit', '--clusterrole=edit', '-n', namespace]
    await kubectl([...role, `--serviceaccount=${namespace}:deployer`])
    await expect(
      deployer.applyServerSide(object).catch(() => deployer.applyServerSide(object)),
    ).resolves.toMatchObject({ object: { metadata: { name: 'a' } } })
  })

  it('lists objects and their metadata page by page', async () => {
    const namespace = await createNamespace(controlPlane, 'lists')
    const client = await clientAs(controlPlane.token)
    const names = Array.from({ length: 510 }, (_, index) => `c${String(index).padStart(3, '0')}`)
    await Promise.all(
      names.map((name) =>
        client.applyServerSide({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace, labels: { page: 'yes' } },
          data: { key: name },
        }),
      ),
    )
    const options = { namespace, labelSelector: 'page=yes' }
    const before = client.counts().reads
    const full = await client.list(configMaps, options)
    expect(full.map(({ metadata }) => metadata.name)).toEqual(names)
    expect(full[0]).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { key: 'c000' } })
    const light = await client.listMetadata(configMaps, options)
    expect(light.map(({ metadata }) => metadata.name)).toEqual(names)
    expect(light[0]).not.toHaveProperty('data')
    expect(client.counts().reads - before).toBe(4)
  })

  async function clientAs(token: string) {
    const { server, ca } = controlPlane
    return createClusterClient(await transportFromSecret(printKubeconfig({ server, ca, token })))
  }
})
