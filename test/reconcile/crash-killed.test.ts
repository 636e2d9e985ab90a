import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { describeCrash } from './crash-contract.ts'

describeCrash('the sandbox', async () => {
  const sandbox = createSandboxCluster({ settleMs: 0 })
  return { transport: sandbox.transport, namespace: 'default', close: sandbox.close }
})
