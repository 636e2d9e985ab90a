import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { controllerPeers, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'
import { describeCrash } from './crash-contract.ts'

/** CI dies at every seventh request; `DRIFTLESS_LONG=1` at each of them. */
const step = process.env.DRIFTLESS_LONG === undefined ? 7 : 1

describeWithPeers([...controlPlanePeers, ...controllerPeers], 'on a real kube-apiserver', () => {
  describeCrash(
    'the real plane',
    async () => {
      const controlPlane = await sharedControlPlane()
      const namespace = await createNamespace(controlPlane, 'crash')
      const transport = await transportFromSecret(controlPlane.kubeconfig)
      return { transport, namespace, close: async () => transport.close() }
    },
    { step, timeLimitMs: 600_000 },
  )
})
