import type { Command } from 'commander'
import { parseDuration } from '../../fleet/duration.ts'
import type { ObjectId } from '../../fleet/object-id.ts'
import type { ObjectDetail, Operations } from '../../reconcile/operations.ts'
import { connect, requireLive } from '../connect.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addScopeFlags, type CommonFlags } from '../flags.ts'
import { kindHelp } from '../kinds.ts'
import { selectObject } from '../select-object.ts'

type ReconcileFlags = CommonFlags & { readonly withSource: boolean; readonly timeout: string }
type WaitFlags = CommonFlags & { readonly timeout: string }

const examples = `
Examples:
  # look at the source and at what builds from it, and wait for the outcome
  driftless reconcile kustomization apps --with-source

  # only the source
  driftless reconcile source git flux-system -c staging
`

/** `driftless reconcile KIND NAME`: asks, waits, and tells how it went, as `flux reconcile`. */
export function addReconcileCommand(program: Command, context: CliContext): void {
  const command = program
    .command('reconcile')
    .summary('reconcile an object now')
    .description(`Reconciles an object now and waits for the outcome. KIND is ${kindHelp}.`)
    .argument('<kind and name...>', 'for example: kustomization apps')
    .option('--with-source', 'look at the source of a Kustomization first', false)
    .option('--timeout <duration>', 'how long to wait', '5m')
    .addHelpText('after', examples)
  addConnectFlags(addScopeFlags(command)).action(async (words: string[], flags: ReconcileFlags) => {
    const { output } = context
    const connection = await connect(context, flags)
    requireLive(connection)
    const id = await selectObject(connection.operations, words, flags)
    const options = { withSource: flags.withSource }
    output.action(`requesting reconciliation of ${nameOf(id)} in cluster ${id.cluster}`)
    const accepted = await connection.operations.reconcile(id, options)
    if (accepted === undefined) throw new ExitError(1, `${nameOf(id)} is gone`)
    if (accepted.isSuspended) throw new ExitError(1, `${nameOf(id)} is suspended; resume it first`)
    output.waiting(`waiting for ${nameOf(id)} reconciliation`)
    report(context, await settled(context, connection.operations, id, accepted.requestedAt, flags))
  })
}

/** `driftless resume KIND NAME`. */
export function addResumeCommand(program: Command, context: CliContext): void {
  const command = program
    .command('resume')
    .summary('resume a suspended object')
    .description(
      `Resumes a suspended object and waits for its reconciliation. KIND is ${kindHelp}.`,
    )
    .argument('<kind and name...>', 'for example: kustomization apps')
    .option('--timeout <duration>', 'how long to wait', '5m')
    .addHelpText('after', '\nExample:\n  driftless resume kustomization apps\n')
  addConnectFlags(addScopeFlags(command)).action(async (words: string[], flags: WaitFlags) => {
    const { output } = context
    const connection = await connect(context, flags)
    requireLive(connection)
    const id = await selectObject(connection.operations, words, flags)
    output.action(`resuming ${nameOf(id)} in cluster ${id.cluster}`)
    const accepted = await connection.operations.resume(id)
    if (accepted === undefined) throw new ExitError(1, `${nameOf(id)} is gone`)
    output.success(`${id.kind} resumed`)
    output.waiting(`waiting for ${nameOf(id)} reconciliation`)
    report(context, await settled(context, connection.operations, id, accepted.requestedAt, flags))
  })
}

/** `driftless suspend KIND NAME`. */
export function addSuspendCommand(program: Command, context: CliContext): void {
  const command = program
    .command('suspend')
    .summary('suspend an object')
    .description(
      `Suspends an object until it is resumed, whatever its repository says. KIND is ${kindHelp}.`,
    )
    .argument('<kind and name...>', 'for example: kustomization apps')
    .addHelpText('after', '\nExample:\n  driftless suspend kustomization apps -c staging\n')
  addConnectFlags(addScopeFlags(command)).action(async (words: string[], flags: CommonFlags) => {
    const connection = await connect(context, flags)
    const id = await selectObject(connection.operations, words, flags)
    context.output.action(`suspending ${nameOf(id)} in cluster ${id.cluster}`)
    await connection.operations.suspend(id)
    context.output.success(`${id.kind} suspended`)
  })
}

/** Waits until the request was looked at and the object has come to a verdict. */
async function settled(
  context: CliContext,
  operations: Operations,
  id: ObjectId,
  requestedAt: string,
  flags: WaitFlags,
): Promise<ObjectDetail> {
  const timeoutMs = parseDuration(flags.timeout)
  if (timeoutMs === undefined) throw new ExitError(1, `--timeout ${flags.timeout}: write 5m or 90s`)
  const deadline = context.now().getTime() + timeoutMs
  for (
    let pauseMs = 50;
    context.now().getTime() < deadline;
    pauseMs = Math.min(pauseMs * 2, 1_000)
  ) {
    const found = await operations.object(id)
    if (found === undefined) throw new ExitError(1, `${nameOf(id)} is gone`)
    const handled = found.status.lastHandledReconcileAt ?? ''
    if (handled >= requestedAt && found.ready !== 'Unknown') return found
    await context.wait(pauseMs)
  }
  throw new ExitError(
    1,
    `${nameOf(id)}: no outcome within ${flags.timeout}; see 'driftless events'`,
  )
}

function report({ output }: CliContext, object: ObjectDetail): void {
  if (object.ready !== 'True') {
    throw new ExitError(1, `${object.kind} reconciliation failed: ${object.message}`)
  }
  const isSource = object.kind === 'GitRepository' || object.kind === 'Bucket'
  const verb = isSource ? 'fetched' : 'applied'
  output.success(object.revision === '' ? object.message : `${verb} revision ${object.revision}`)
}

function nameOf(id: ObjectId): string {
  return `${id.kind} ${id.name} in ${id.namespace} namespace`
}
