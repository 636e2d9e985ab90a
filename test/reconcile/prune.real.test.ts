import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { controllerPeers, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'
import { describePruning } from './prune-contract.ts'

describeWithPeers([...controlPlanePeers, ...controllerPeers], 'on a real kube-apiserver', () => {
  describePruning('pruning', async () => {
    const controlPlane = await sharedControlPlane()
    const namespace = await createNamespace(controlPlane, 'pruning')
    const transport = await transportFromSecret(controlPlane.kubeconfig)
    return { transport, namespace, close: async () => transport.close() }
  })
})
