import { forgetOldEvents } from '../reconcile/event-log.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { sweep } from '../reconcile/sweep.ts'
import { syncFleet } from '../reconcile/sync-fleet.ts'
import { tick } from '../reconcile/tick.ts'
import { messageOf } from '../status/error.ts'
import { type AwsBase, createAwsBase } from './aws-base.ts'
import { type Environment, required } from './aws-environment.ts'
import { openFleetBucket } from './fleet-bucket.ts'
import { createFleetReader, type FleetReader } from './load-fleet-bucket.ts'

/** What the minute's event does. */
export function createDrift(environment: Environment): () => Promise<void> {
  const base = createAwsBase(environment)
  const ports = { ...base, registry: createRegistry(base) }
  const bucket = openFleetBucket(base.call, required(environment, 'STATE_BUCKET'))
  const reader = createFleetReader(bucket)
  return async () => {
    // First: a large fleet that changed may take up what is left of the minute.
    await tick(ports)
    await reload(ports, reader)
    await forgetOldEvents(ports.store, ports.now())
    await sweep(ports)
  }
}

type DriftPorts = AwsBase & { readonly registry: ReturnType<typeof createRegistry> }

/** Whatever is wrong with the fleet's files, what was registered before goes on being looked at. */
async function reload(ports: DriftPorts, reader: FleetReader): Promise<void> {
  const { log } = ports
  try {
    const reading = await reader.read()
    if (reading.state === 'unchanged') return
    if (reading.state === 'incomplete') {
      log.error(`the fleet is not loaded, what was registered stays: ${reading.why}`)
      return
    }
    for (const notice of reading.notices) log.warn(notice)
    // The YAML reader is large, and a fleet changes seldom.
    const { formatFault, loadFleet } = await import('../fleet/load.ts')
    const fleet = loadFleet(reading.files)
    for (const fault of fleet.faults) {
      log[fault.severity === 'error' ? 'error' : 'warn'](formatFault(fault))
    }
    const { registered, removed } = await syncFleet(ports, fleet)
    const counts = { registered: registered.length, removed: removed.length }
    log.info('fleet loaded', { clusters: fleet.clusters.length, ...counts })
  } catch (thrown) {
    reader.forget()
    log.error(`the fleet could not be read; what was registered stays: ${messageOf(thrown)}`)
  }
}
