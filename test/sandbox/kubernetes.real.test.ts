import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpsTransport } from '../../lib/cluster/https.ts'
import { transportFromContext } from '../../lib/cluster/kubeconfig.ts'
import { isJsonObject, type Json } from '../../lib/manifest/object.ts'
import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { runCommand } from '../peers/command.ts'
import {
  type ControlPlane,
  controllerPeers,
  controlPlanePeers,
  startControlPlane,
} from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { requirePeer } from '../peers/peers.ts'
import { sharedControlPlane } from '../peers/shared-control-plane.ts'
import { clusterContract } from './contract.ts'
import { kubectlContract } from './kubectl-contract.ts'
import { randomScenarios } from './random-scenarios.ts'
import { allScenarios, isCustom, playAlone, readRecorded } from './recorded.ts'

/** The sandbox warns about unknown fields; advice on what is better left alone it has none. */
function withoutAdvice(answers: readonly Json[]): readonly Json[] {
  return answers.map((answer) => (isJsonObject(answer) ? { ...answer, warnings: [] } : answer))
}

describeWithPeers(controlPlanePeers, 'a real kube-apiserver', () => {
  describe('still answers as it was recorded', () => {
    const recorded = readRecorded()
    let controlPlane: ControlPlane
    let transport: HttpsTransport
    beforeAll(async () => {
      controlPlane = await startControlPlane()
      transport = await transportFromContext(undefined, controlPlane.kubeconfigFile)
    })
    afterAll(async () => {
      transport.close()
      await controlPlane.stop()
    })

    it.each(allScenarios)('$name', async (scenario) => {
      const namespace = `play-${randomBytes(4).toString('hex')}`
      const answers = await playAlone(transport, scenario, namespace)
      expect(answers).toEqual(recorded.get(scenario.name))
    })

    it.each(['ConfigMap', 'Service', 'Deployment', 'Gadget'] as const)(
      'merges what three managers apply to a %s at random, as the sandbox does',
      async (kind) => {
        const still = createSandboxCluster({ settleMs: 1_000_000 })
        const lively = createSandboxCluster({ settleMs: 0 })
        for (const scenario of randomScenarios(kind, 25, 20_261_123)) {
          const namespace = `random-${randomBytes(4).toString('hex')}`
          const sandbox = isCustom(scenario) ? lively : still
          const answers = await playAlone(sandbox.transport, scenario, namespace)
          const wanted = await playAlone(transport, scenario, namespace)
          expect(withoutAdvice(answers)).toEqual(withoutAdvice(wanted))
        }
        await still.close()
        await lively.close()
      },
    )
  })
})

describeWithPeers([...controlPlanePeers, ...controllerPeers], 'a whole control plane', () => {
  clusterContract('a real control plane', async () => {
    const controlPlane = await sharedControlPlane()
    const transport = await transportFromContext(undefined, controlPlane.kubeconfigFile)
    const { server, ca, token } = controlPlane
    return {
      transport,
      address: { url: server, ca, token },
      close: async () => transport.close(),
    }
  })

  kubectlContract('a real control plane', async () => {
    const { kubectl } = await sharedControlPlane()
    return { kubectl, close: async () => undefined }
  })
})

describeWithPeers(['kubectl'], 'plain kubectl', () => {
  kubectlContract('the sandbox', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubectl-'))
    const cluster = createSandboxCluster()
    const { kubeconfigText } = await cluster.listen()
    const file = join(folder, 'kubeconfig')
    await writeFile(file, kubeconfigText)
    const env = { HOME: folder, KUBECACHEDIR: join(folder, 'cache') }
    return {
      kubectl: (args, stdin) =>
        runCommand(requirePeer('kubectl'), ['--kubeconfig', file, ...args], {
          env,
          ...(stdin === undefined ? {} : { stdin }),
        }),
      close: async () => {
        await cluster.close()
        await rm(folder, { recursive: true })
      },
    }
  })
})
