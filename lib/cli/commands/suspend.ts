import type { Command } from 'commander'
import { connect } from '../connect.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addScopeFlags, type CommonFlags } from '../flags.ts'
import { kindHelp } from '../kinds.ts'
import { selectObject } from '../select-object.ts'
import { describe } from '../settle.ts'

const examples = `
Example:
  driftless suspend kustomization apps -c staging
`

/** `driftless suspend KIND NAME`: holds an object, as `flux suspend`; kept also where no Driftless runs. */
export function addSuspendCommand(program: Command, context: CliContext): void {
  const command = program
    .command('suspend')
    .summary('suspend an object')
    .description(
      `Suspends an object until it is resumed, whatever its repository says. KIND is ${kindHelp}.`,
    )
    .argument('<kind and name...>', 'for example: kustomization apps')
    .addHelpText('after', examples)
  addConnectFlags(addScopeFlags(command)).action(async (words: string[], flags: CommonFlags) => {
    const { operations } = await connect(context, flags)
    const selected = await selectObject(operations, words, flags)
    context.output.action(`suspending ${describe(selected)}`)
    const accepted = await operations.suspend(selected.id)
    if (accepted === undefined) throw new ExitError(1, `${describe(selected)} is gone`)
    context.output.success(`${selected.word.singular} suspended`)
  })
}
