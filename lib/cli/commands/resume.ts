import type { Command } from 'commander'
import { connect, requireLive } from '../connect.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addScopeFlags, type CommonFlags } from '../flags.ts'
import { kindHelp } from '../kinds.ts'
import { selectObject } from '../select-object.ts'
import { describe, parseTimeout, tellOutcome } from '../settle.ts'

type ResumeFlags = CommonFlags & { readonly timeout: string }

const examples = `
Example:
  driftless resume kustomization apps
`

/** `driftless resume KIND NAME`: lets an object go on and waits for the outcome, as `flux resume`. */
export function addResumeCommand(program: Command, context: CliContext): void {
  const command = program
    .command('resume')
    .summary('resume a suspended object')
    .description(
      `Resumes a suspended object and waits for its reconciliation. KIND is ${kindHelp}.`,
    )
    .argument('<kind and name...>', 'for example: kustomization apps')
    .option('--timeout <duration>', 'how long to wait', '5m')
    .addHelpText('after', examples)
  addConnectFlags(addScopeFlags(command)).action((words: string[], flags: ResumeFlags) =>
    resume(context, words, flags),
  )
}

async function resume(
  context: CliContext,
  words: readonly string[],
  flags: ResumeFlags,
): Promise<void> {
  const { output } = context
  const timeoutMs = parseTimeout(flags.timeout)
  const connection = await connect(context, flags)
  requireLive(connection)
  const { operations } = connection
  const selected = await selectObject(operations, words, flags)
  output.action(`resuming ${describe(selected)}`)
  const accepted = await operations.resume(selected.id)
  if (accepted === undefined) throw new ExitError(1, `${describe(selected)} is gone`)
  output.success(`${selected.word.singular} resumed`)
  if (selected.word.isStatic) return
  const { requestedAt } = accepted
  await tellOutcome(context, operations, selected, { requestedAt, timeoutMs })
}
