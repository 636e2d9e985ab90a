import { parseDuration } from '../fleet/duration.ts'
import type { ObjectDetail, Operations } from '../reconcile/operations.ts'
import { type CliContext, ExitError } from './context.ts'
import type { SelectedObject } from './select-object.ts'

/** A duration as Go writes it; what else was written is a fault of the command line. */
export function parseTimeout(text: string): number {
  const timeoutMs = parseDuration(text)
  if (timeoutMs === undefined) throw new ExitError(1, `--timeout ${text}: write 5m or 90s`)
  return timeoutMs
}

/** Waits until the request was looked at and the object has come to a verdict, and tells it; a failure is exit code 1. */
export async function tellOutcome(
  context: CliContext,
  operations: Operations,
  selected: SelectedObject,
  { requestedAt, timeoutMs }: { readonly requestedAt: string; readonly timeoutMs: number },
): Promise<void> {
  const { output } = context
  const { kind } = selected.id
  output.waiting(`waiting for ${kind} reconciliation`)
  const deadline = context.now().getTime() + timeoutMs
  const found = await settled(context, operations, selected, requestedAt, deadline)
  if (found.ready !== 'True') {
    throw new ExitError(1, `${kind} reconciliation failed: ${found.message}`)
  }
  const isSource = kind === 'GitRepository' || kind === 'Bucket'
  const verb = isSource ? 'fetched' : 'applied'
  output.success(found.revision === '' ? found.message : `${verb} revision ${found.revision}`)
}

/** `kustomization podinfo in flux-system namespace of cluster staging`: flux's words, and ours for the cluster. */
export function describe({ id, word }: SelectedObject): string {
  return `${word.singular} ${id.name} in ${id.namespace} namespace of cluster ${id.cluster}`
}

async function settled(
  context: CliContext,
  operations: Operations,
  selected: SelectedObject,
  requestedAt: string,
  deadline: number,
): Promise<ObjectDetail> {
  for (
    let pauseMs = 50;
    context.now().getTime() < deadline;
    pauseMs = Math.min(pauseMs * 2, 1_000)
  ) {
    const found = await operations.object(selected.id)
    if (found === undefined) throw new ExitError(1, `${describe(selected)} is gone`)
    const handled = found.status.lastHandledReconcileAt ?? ''
    if (handled >= requestedAt && found.ready !== 'Unknown') return found
    await context.wait(pauseMs)
  }
  throw new ExitError(
    1,
    `timed out waiting for ${describe(selected)}; see 'driftless events', or wait longer with --timeout`,
  )
}
