import { afterEach, describe } from 'vitest'
import {
  createSandboxCluster,
  type SandboxCluster,
} from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { describeApply } from './apply-contract.ts'
import { describeFaults } from './fault-contract.ts'
import { describeGlance } from './glance-contract.ts'
import { describeIsolation } from './isolation-contract.ts'
import { describeOwnership } from './ownership-contract.ts'
import { describePrune } from './prune-contract.ts'
import { createScene, type Scene } from './scene.ts'
import { describeSurvival } from './survival-contract.ts'

const namespace = 'apply'
const open: SandboxCluster[] = []

/** A cluster of its own for each test; the same contract runs over a real one in apply.real.test.ts. */
async function createSandboxScene(): Promise<Scene> {
  const sandbox = createSandboxCluster({ settleMs: 0 })
  open.push(sandbox)
  const scene = createScene(sandbox.transport, namespace)
  await scene.as('kubectl-create').apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  })
  return scene
}

describe('the sandbox', () => {
  afterEach(async () => {
    await Promise.all(open.splice(0).map((sandbox) => sandbox.close()))
  })

  describeApply('apply', createSandboxScene)
  describeOwnership('ownership', createSandboxScene)
  describePrune('prune', createSandboxScene)
  describeFaults('faults', createSandboxScene)
  describeSurvival('survival', createSandboxScene)
  describeGlance('a glance', createSandboxScene)
  describeIsolation('isolation', createSandboxScene)
})
