import { formatFault } from '../fleet/load.ts'
import type { Ports } from '../reconcile/ports.ts'
import { syncFleet } from '../reconcile/sync-fleet.ts'
import { messageOf } from '../status/error.ts'
import { readFleet } from './fleet-folder.ts'
import type { Sandboxes } from './sandboxes.ts'

export type FleetReloader = {
  /** Throws where the fleet cannot be read. */
  readonly load: () => Promise<void>
  /** One at a time; a change during a reload is followed by one more. A fleet that cannot be read is logged. */
  readonly reload: () => Promise<void>
}

/** Brings the fleet of a folder into the state. */
export function createFleetReloader(
  ports: Ports,
  fleetPath: string,
  sandboxes: Sandboxes,
): FleetReloader {
  let running: Promise<void> | undefined
  let isStale = false
  const load = () => loadFleet(ports, fleetPath, sandboxes)
  const reload = async (): Promise<void> => {
    if (running !== undefined) {
      isStale = true
      return running
    }
    running = load().catch((thrown: unknown) => {
      ports.log.error(
        `the fleet at ${fleetPath} could not be read; what was registered stays: ${messageOf(thrown)}`,
      )
    })
    await running
    running = undefined
    if (!isStale) return
    isStale = false
    await reload()
  }
  return { load, reload }
}

async function loadFleet(ports: Ports, fleetPath: string, sandboxes: Sandboxes): Promise<void> {
  const { log } = ports
  const fleet = await readFleet(fleetPath)
  for (const fault of fleet.faults) {
    log[fault.severity === 'error' ? 'error' : 'warn'](formatFault(fault))
  }
  if (fleet.faults.some(({ severity }) => severity === 'error')) {
    log.warn('what left the fleet stays until these faults are corrected')
  }
  // They listen for kubectl as long as this process runs, whether or not there is work for them.
  for (const { name, spec } of fleet.clusters) {
    if (spec.connection.type === 'sandbox') await sandboxes.open(name)
  }
  const { registered, removed } = await syncFleet(ports, fleet)
  const counts = { clusters: fleet.clusters.length, registered: registered.length }
  log.info('fleet loaded', { ...counts, removed: removed.length })
}
