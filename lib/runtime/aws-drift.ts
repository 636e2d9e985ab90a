import type { FleetFile } from '../fleet/load.ts'
import { forgetOldEvents } from '../reconcile/event-log.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { sweep } from '../reconcile/sweep.ts'
import { syncFleet } from '../reconcile/sync-fleet.ts'
import { tick } from '../reconcile/tick.ts'
import type { Store } from '../store/store.ts'
import { createAwsBase } from './aws-base.ts'
import type { Environment } from './aws-environment.ts'

const fleetPrefix = 'fleet/'

/** What the minute's event does. */
export function createDrift(environment: Environment): () => Promise<void> {
  const base = createAwsBase(environment)
  const ports = { ...base, registry: createRegistry(base) }
  let loaded = ''
  return async () => {
    const files = await readFleetFiles(ports.store)
    const version = JSON.stringify(files)
    if (version !== loaded) {
      // The YAML reader is large, and a fleet changes seldom.
      const { formatFault, loadFleet } = await import('../fleet/load.ts')
      const fleet = loadFleet(files)
      for (const fault of fleet.faults) ports.log.error(formatFault(fault))
      await syncFleet(ports, fleet)
      loaded = version
    }
    await tick(ports)
    await forgetOldEvents(ports.store, ports.now())
    await sweep(ports)
  }
}

async function readFleetFiles(store: Store): Promise<readonly FleetFile[]> {
  const keys = (await store.list(fleetPrefix)).filter((key) => /\.ya?ml$/.test(key))
  const records = await Promise.all(keys.map((key) => store.get(key)))
  return keys.map((key, index) => ({
    file: key.slice(fleetPrefix.length),
    text: new TextDecoder().decode(records[index]?.body),
  }))
}
