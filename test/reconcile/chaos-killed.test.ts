import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { describeChaos } from './chaos-contract.ts'

const seeds = Array.from({ length: Number(process.env.DRIFTLESS_CHAOS_SEEDS ?? 4) }, (_, at) => at)

describeChaos(
  'the sandbox',
  async () => {
    const sandbox = createSandboxCluster({ settleMs: 0 })
    return { transport: sandbox.transport, namespace: 'default', close: sandbox.close }
  },
  seeds,
)
