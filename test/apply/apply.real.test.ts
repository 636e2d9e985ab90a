import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { controllerPeers, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'
import { describeApply } from './apply-contract.ts'
import { describeFaults } from './fault-contract.ts'
import { describeOwnership } from './ownership-contract.ts'
import { describePrune } from './prune-contract.ts'
import { createScene, type Scene } from './scene.ts'

describeWithPeers([...controlPlanePeers, ...controllerPeers], 'a real kube-apiserver', () => {
  const scene = async (): Promise<Scene> => {
    const controlPlane = await sharedControlPlane()
    const namespace = await createNamespace(controlPlane, 'apply')
    return createScene(await transportFromSecret(controlPlane.kubeconfig), namespace)
  }
  describeApply('apply', scene)
  describeOwnership('ownership', scene)
  describePrune('prune', scene)
  describeFaults('faults', scene)
})
