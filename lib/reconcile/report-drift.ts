import { createHash } from 'node:crypto'
import type { Repair } from '../apply/repairs.ts'
import { type Change, type ChangeSet, formatDrift } from '../inventory/change-set.ts'
import { inventoryId } from '../inventory/inventory.ts'
import { formatRef } from '../manifest/object.ts'
import { removeCondition } from '../status/condition.ts'
import { driftAnnotation } from './apply-modes.ts'
import { mark } from './conditions.ts'
import { emit } from './emit.ts'
import type { ReadySource } from './gate.ts'
import type { KustomizationObject, Run } from './run.ts'

/**
 * Drift that was left stands in the condition `Drifted` as long as it is there; under `warn` it is told once, until it
 * is another. The digest of what was told.
 */
export async function reportLeft(
  run: Run<KustomizationObject>,
  source: ReadySource,
  left: ChangeSet,
  told: string | undefined,
  mode: 'repair' | 'warn',
): Promise<string | undefined> {
  const { ports, target, status } = run
  const { conditions } = status.current()
  if (left.length === 0) {
    status.hold({ ...status.current(), conditions: removeCondition(conditions, 'Drifted') })
    return undefined
  }
  const list = formatDrift(left)
  const verdict = {
    reason: 'DriftDetected' as const,
    message: `Drift is left as it is:\n${list}`.trimEnd().slice(0, maxConditionLength),
    generation: target.record.generation,
  }
  status.hold(mark(status.current(), 'Drifted', 'True', verdict, ports.now()))
  const digest = createHash('sha256').update(list).digest('hex').slice(0, 32)
  if (mode === 'warn' && digest !== told) {
    await emit(ports, target, {
      severity: 'info',
      reason: 'DriftDetected',
      message: `Drift is reported and left as it is, as ${driftAnnotation}: warn says:\n${list}`,
      metadata: { revision: source.artifact.revision },
      commit: source.commit,
      isDrift: true,
    })
  }
  return digest
}

/** Kubernetes takes 32 KiB; whoever reads a condition wants less. */
const maxConditionLength = 4_000

/** Tells once of each object that somebody keeps changing back. */
export async function reportFights(
  run: Run<KustomizationObject>,
  source: ReadySource,
  fights: ChangeSet,
  repairs: ReadonlyMap<string, Repair>,
): Promise<void> {
  if (fights.length === 0) return
  const lines = fights.map((drift) => fightLine(drift, repairs.get(inventoryId(drift.ref))))
  await emit(run.ports, run.target, {
    severity: 'error',
    reason: 'DriftDetected',
    message: `Somebody changes back what is repaired; it is left alone for a while:\n${lines.join('')}Leave these fields out of Git, list them in spec.ignore, or stop who changes them.`,
    metadata: { revision: source.artifact.revision },
    commit: source.commit,
  })
}

function fightLine(drift: Change, repair: Repair | undefined): string {
  const until = repair?.heldUntil === undefined ? '' : ` not repaired before ${repair.heldUntil},`
  const times = repair === undefined ? '' : ` repaired ${repair.count} times`
  return `${formatRef(drift.ref)}${until}${times}\n${formatDrift([drift]).split('\n').slice(1).join('\n')}`
}
