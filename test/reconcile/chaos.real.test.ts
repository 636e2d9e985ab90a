import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { controllerPeers, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'
import { describeChaos } from './chaos-contract.ts'

describeWithPeers([...controlPlanePeers, ...controllerPeers], 'on a real kube-apiserver', () => {
  describeChaos('the real plane', async () => {
    const controlPlane = await sharedControlPlane()
    const namespace = await createNamespace(controlPlane, 'chaos')
    const transport = await transportFromSecret(controlPlane.kubeconfig)
    return { transport, namespace, close: async () => transport.close() }
  }, [101, 102, 103])
})
