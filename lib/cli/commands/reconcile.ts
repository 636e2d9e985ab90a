import type { Command } from 'commander'
import { connect, requireLive } from '../connect.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addScopeFlags, type CommonFlags } from '../flags.ts'
import { activeKindHelp } from '../kinds.ts'
import { selectObject } from '../select-object.ts'
import { describe, parseTimeout, tellOutcome } from '../settle.ts'

type ReconcileFlags = CommonFlags & { readonly withSource: boolean; readonly timeout: string }

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
    .description(`Reconciles an object now and waits for the outcome. KIND is ${activeKindHelp}.`)
    .argument('<kind and name...>', 'for example: kustomization apps')
    .option('--with-source', 'look at the source of a Kustomization first', false)
    .option('--timeout <duration>', 'how long to wait', '5m')
    .addHelpText('after', examples)
  addConnectFlags(addScopeFlags(command)).action((words: string[], flags: ReconcileFlags) =>
    reconcile(context, words, flags),
  )
}

async function reconcile(
  context: CliContext,
  words: readonly string[],
  flags: ReconcileFlags,
): Promise<void> {
  const timeoutMs = parseTimeout(flags.timeout)
  const connection = await connect(context, flags)
  requireLive(connection)
  const { operations } = connection
  const selected = await selectObject(operations, words, flags)
  if (selected.word.isStatic) {
    const { kind } = selected.id
    throw new ExitError(1, `there is nothing to reconcile of ${kind} objects: they count at once`)
  }
  context.output.action(`requesting reconciliation of ${describe(selected)}`)
  const accepted = await operations.reconcile(selected.id, { withSource: flags.withSource })
  if (accepted === undefined) throw new ExitError(1, `${describe(selected)} is gone`)
  if (accepted.isSuspended) {
    throw new ExitError(1, `${describe(selected)} is suspended; resume it first`)
  }
  const { requestedAt } = accepted
  await tellOutcome(context, operations, selected, { requestedAt, timeoutMs })
}
