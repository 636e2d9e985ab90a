import type { FieldFault } from '../fleet/fields.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import { formatId } from '../fleet/object-id.ts'
import type { ReconcileRequest } from '../fleet/request.ts'
import { DriftlessError } from '../status/error.ts'
import { clear } from '../store/calendar.ts'
import { createAttemptLog } from './attempt.ts'
import { isReady } from './conditions.ts'
import { finalizeKustomization, takenBack } from './finalize.ts'
import { isOutOfTime, type KeptLease } from './keep-lease.ts'
import { letGo } from './let-go.ts'
import type { Ports } from './ports.ts'
import { ReconcileError } from './reconcile-error.ts'
import { reconcileKustomization } from './reconcile-kustomization.ts'
import { reconcileReceiver } from './reconcile-receiver.ts'
import { reconcileSource } from './reconcile-source.ts'
import { recordFailure } from './record-failure.ts'
import type { RegisteredObject } from './registry.ts'
import type { NextLook, Run } from './run.ts'
import { openStatus } from './status-writer.ts'
import { isReleased, isSuspended } from './suspension.ts'

const fallbackIntervalMs = 600_000

/** Looks at one object, whatever its kind; undefined where nothing is left to look at. */
export async function reconcileObject(
  ports: Ports,
  request: ReconcileRequest,
  lease: KeptLease,
): Promise<NextLook | undefined> {
  const target = await ports.registry.find(request.id)
  if (target === undefined) {
    await clear(ports.store, formatId(request.id))
    return undefined
  }
  const status = await openStatus(ports.store, request.id)
  const run: Run = {
    ports,
    target,
    request,
    status,
    checkLease: lease.check,
    signal: lease.signal,
    startedAt: ports.now(),
    attempt: createAttemptLog(),
  }
  const isHeld = await isSuspended(ports.store, target)
  const isLeaving = target.record.deletionRequestedAt !== undefined
  if (isHeld && !isLeaving) {
    if (await isReleased(ports.store, target)) await letGo(run)
    await rest(run)
    await clear(ports.store, formatId(request.id))
    return undefined
  }
  const next = await look(run, isLeaving, isHeld)
  if (next === undefined) await clear(ports.store, formatId(request.id))
  else await markHandled(run)
  return next
}

async function look(run: Run, isLeaving: boolean, isHeld: boolean): Promise<NextLook | undefined> {
  try {
    return await (isLeaving ? finalize(run, isHeld) : reconcile(run))
  } catch (thrown) {
    if (isLost(thrown)) throw thrown
    const isOver = isOutOfTime(run.signal)
    // Whatever was interrupted, the next step takes it up again; but not for ever.
    if (isOver && mayHandOver(run.request)) throw run.signal.reason
    return recordFailure(run, isOver ? neverEnding() : thrown, timingOf(run.target))
  }
}

/** Work that has not come to an end in so many steps, five hours on AWS, is told as a failure. */
const maxHandOvers = 20

function neverEnding(): ReconcileError {
  const message = `this did not come to an end in ${maxHandOvers + 1} steps; split it into several Kustomizations, or give the function more memory, which is more processor`
  return new ReconcileError('ReconciliationFailed', 'OutOfTime', message, { retryable: true })
}

function mayHandOver({ handOvers = 0 }: ReconcileRequest): boolean {
  return handOvers < maxHandOvers
}

async function reconcile(run: Run): Promise<NextLook | undefined> {
  const { target } = run
  switch (target.type) {
    case 'GitRepository':
    case 'Bucket':
      return reconcileSource({ ...run, target })
    case 'Kustomization':
      return reconcileKustomization({ ...run, target })
    case 'Receiver':
      return reconcileReceiver({ ...run, target })
    // Providers and Alerts are read when an event is to be sent; there is nothing to bring about.
    case 'Provider':
    case 'Alert':
      return undefined
    case 'NotSupportedYet':
      throw notSupported(target.id)
    case 'Invalid':
      throw invalid(target)
  }
}

async function finalize(run: Run, isHeld: boolean): Promise<NextLook | undefined> {
  const { target, ports } = run
  if (target.type === 'Kustomization') return finalizeKustomization({ ...run, target }, isHeld)
  return (await ports.registry.forgetLeaving(target.id)) ? undefined : takenBack
}

/**
 * A suspended object keeps its conditions; one that was ready stays so for those who need it.
 * Source: Flux's controllers, as they run.
 */
async function rest(run: Run): Promise<void> {
  const { status, target } = run
  const { generation } = target.record
  if (isReady(status.current()))
    await status.save({ ...status.current(), observedGeneration: generation })
  await markHandled(run)
}

/** A wish to reconcile counts as heard, even where nothing happens. Source: Flux's controllers, as they run. */
async function markHandled({ request, status }: Run): Promise<void> {
  if (request.cause !== 'user') return
  await status.save({ ...status.current(), lastHandledReconcileAt: request.requestedAt })
}

function timingOf(target: RegisteredObject) {
  const intervalMs =
    'spec' in target && 'intervalMs' in target.spec ? target.spec.intervalMs : fallbackIntervalMs
  const retryIntervalMs =
    target.type === 'Kustomization' ? target.spec.retryIntervalMs : Math.min(intervalMs, 60_000)
  return { intervalMs, retryIntervalMs }
}

function isLost(thrown: unknown): boolean {
  if (!(thrown instanceof DriftlessError)) return false
  if (thrown.code === 'LeaseLost') return true
  return thrown.code === 'Interrupted' && isLost(thrown.cause)
}

function notSupported({ kind, namespace, name }: ObjectId): ReconcileError {
  const message = `${kind}/${namespace}/${name}: Driftless does not build this kind yet; it is kept, and nothing is done with it`
  return new ReconcileError('NotSupportedYet', 'NotSupportedYet', message)
}

function invalid({ id, faults }: RegisteredObject): ReconcileError {
  const told = faults.filter(({ severity }) => severity === 'error').map(tellFault)
  const message = `${id.kind}/${id.namespace}/${id.name} ${told.join('; ')}`
  return new ReconcileError('InvalidSpec', 'InvalidSpec', message)
}

function tellFault({ field, message, remedy }: FieldFault): string {
  return `${field} ${message}: ${remedy}`
}
