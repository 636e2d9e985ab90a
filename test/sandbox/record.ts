import { randomBytes } from 'node:crypto'
import { transportFromContext } from '../../lib/cluster/kubeconfig.ts'
import { startControlPlane } from '../peers/control-plane.ts'
import { allScenarios, playAlone, type Recorded, writeRecorded } from './recorded.ts'

/** Plays all scenarios on a real API server and keeps what it answers: `node test/sandbox/record.ts`. */
const controlPlane = await startControlPlane()
const transport = await transportFromContext(undefined, controlPlane.kubeconfigFile)
const recorded: Recorded[] = []
for (const scenario of allScenarios) {
  const namespace = `record-${randomBytes(4).toString('hex')}`
  const answers = await playAlone(transport, scenario, namespace)
  recorded.push({ name: scenario.name, answers })
}
writeRecorded(recorded)
transport.close()
await controlPlane.stop()
