import { handBackFields } from '../apply/hand-back.ts'
import { isFluxObject } from '../fleet/fleet-object.ts'
import { parseEntry } from '../inventory/inventory.ts'
import { connectFor } from './connect.ts'
import { keys } from './keys.ts'
import type { Run } from './run.ts'

/**
 * Gives back what a Kustomization owns: its fields become Flux's, and we forget the objects, so that nothing of them is
 * pruned when it leaves the fleet, and a later hand-over takes Flux's word for what there is.
 */
export async function letGo(run: Run): Promise<void> {
  const { ports, status, target } = run
  const { inventory = [], wait: _, stageWait: _stageWait, ...rest } = status.current()
  const refs = inventory
    .flatMap((entry) => parseEntry(entry) ?? [])
    .filter((ref) => !isFluxObject(ref))
  const cluster = await ports.clusters.find(target.id.cluster)
  if (target.type === 'Kustomization' && cluster !== undefined && refs.length > 0) {
    await run.checkLease()
    // Flux may be there again already: its suspended objects wait for this.
    const client = await connectFor({ ...run, target }, { ...cluster, fluxComponents: 'apply' })
    await handBackFields(client, refs, target.id)
  }
  await status.save(rest)
  await ports.store.delete(keys.input(target.id))
}
