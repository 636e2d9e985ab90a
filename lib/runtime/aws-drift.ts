import type { Context } from 'aws-lambda'
import { forgetOldEvents } from '../reconcile/event-log.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { sweep } from '../reconcile/sweep.ts'
import { tick } from '../reconcile/tick.ts'
import { DriftlessError, messageOf } from '../status/error.ts'
import { type AwsBase, createAwsBase } from './aws-base.ts'
import { type Environment, required } from './aws-environment.ts'
import { openFleetBucket } from './fleet-bucket.ts'
import { createFleetIntake } from './fleet-intake.ts'

/** Works on the minute's event, which says nothing. */
export type DriftHandler = (
  event?: unknown,
  context?: Pick<Context, 'getRemainingTimeInMillis'>,
) => Promise<void>

/**
 * What the minute's event does, as far as its time goes: each part begins with nothing more when its share is used up, and the
 * next minute goes on. Killed at its limit, the same work would fail each minute anew.
 */
export function createDrift(environment: Environment): DriftHandler {
  const base = createAwsBase(environment)
  const ports = { ...base, registry: createRegistry(base) }
  const bucket = openFleetBucket(base.call, required(environment, 'STATE_BUCKET'))
  const loader = () => import('../fleet/load.ts')
  const takeIn = createFleetIntake({ ...ports, loader }, bucket)
  return async (_event, context) => {
    const hasLeft = (ms: number) => () =>
      context === undefined || context.getRemainingTimeInMillis() > ms
    // First: a large fleet that changed may take up what is left of the minute.
    await tick(ports, hasLeft(afterTickMs))
    await reload(ports, () => takeIn(hasLeft(afterReloadMs)))
    await forgetOldEvents(ports.store, ports.now(), hasLeft(endMs))
    await tidy(ports, hasLeft(endMs))
  }
}

/** Of a minute: what is due may take half, a fleet that changed two thirds of the rest. */
const afterTickMs = 30_000
const afterReloadMs = 15_000
/** Enough to end what is under way. */
const endMs = 8_000

async function tidy(ports: DriftPorts, hasTime: () => boolean): Promise<void> {
  try {
    await sweep(ports, hasTime)
  } catch (thrown) {
    if (!(thrown instanceof DriftlessError) || thrown.code !== 'OutOfTime') throw thrown
    ports.log.warn(messageOf(thrown))
  }
}

type DriftPorts = AwsBase & { readonly registry: ReturnType<typeof createRegistry> }

/** Whatever is wrong with the fleet's files, what was registered before goes on being looked at. */
async function reload({ log }: DriftPorts, takeIn: () => Promise<void>): Promise<void> {
  try {
    await takeIn()
  } catch (thrown) {
    log.error(`the fleet could not be read; what was registered stays: ${messageOf(thrown)}`)
  }
}
