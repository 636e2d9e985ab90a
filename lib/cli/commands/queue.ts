import type { Command } from 'commander'
import {
  type BuriedLetter,
  type DeadLetterDesk,
  deadLetterAdvice,
} from '../../queue/dead-letters.ts'
import { addStackFlags, openStack, type StackFlags } from '../aws-stack.ts'
import { type ConnectFlags, connect } from '../connect.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addFormatFlag } from '../flags.ts'
import { type Format, formatData } from '../output.ts'
import { formatTable } from '../table.ts'

type QueueFlags = ConnectFlags & StackFlags & { readonly output: Format }
type RedriveFlags = QueueFlags & { readonly all: boolean; readonly dryRun: boolean }

const listExamples = `
Examples:
  # of the local serve, or of its state where it does not run
  driftless queue list

  # of a Driftless on AWS, by your own identity there
  driftless queue list --stage prod --region eu-west-1
`

const redriveExamples = `
Examples:
  # one, by the ID that 'queue list' shows
  driftless queue redrive ID --stage prod

  # what would be sent again, then all of it
  driftless queue redrive --all --dry-run
  driftless queue redrive --all
`

/** `driftless queue`: messages that failed for good, and what to do with them. */
export function addQueueCommand(program: Command, context: CliContext): void {
  const queue = program.command('queue').summary('look at dead letters and send them again')
  const list = queue
    .command('list')
    .summary('print dead letters')
    .description('Prints the messages that failed for good, why, and what to do with them.')
    .addHelpText('after', listExamples)
  addFlags(list).action((flags: QueueFlags) => print(context, flags))
  const redrive = queue
    .command('redrive')
    .summary('send dead letters again')
    .description('Sends dead letters again; what happened meanwhile is not done twice.')
    .argument('[id...]', "IDs that 'queue list' shows")
    .option('--all', 'all of them', false)
    .option('--dry-run', 'only say what would be sent', false)
    .addHelpText('after', redriveExamples)
  addFlags(redrive).action((ids: string[], flags: RedriveFlags) => sendAgain(context, ids, flags))
}

function addFlags(command: Command): Command {
  return addFormatFlag(addStackFlags(addConnectFlags(command)))
}

async function print(context: CliContext, flags: QueueFlags): Promise<void> {
  const { output } = context
  const letters = await (await openDesk(context, flags)).list()
  if (flags.output !== 'table') {
    output.data(formatData({ items: letters.map(withAdvice) }, flags.output))
    return
  }
  if (letters.length === 0) {
    output.success('no dead letters')
    return
  }
  output.data(formatLetters(letters))
  for (const queue of new Set(letters.map((letter) => letter.queue))) {
    output.note(`${queue}: ${deadLetterAdvice[queue]}`)
  }
}

async function sendAgain(
  context: CliContext,
  ids: readonly string[],
  flags: RedriveFlags,
): Promise<void> {
  const { output } = context
  if (flags.all === ids.length > 0) {
    throw new ExitError(1, "which ones? name the IDs that 'driftless queue list' shows, or --all")
  }
  const desk = await openDesk(context, flags)
  const chosen = flags.all ? undefined : ids
  const sent = flags.dryRun ? await wouldSend(desk, chosen) : await desk.redrive(chosen)
  const missing = ids.filter((id) => !sent.includes(id))
  if (flags.output !== 'table') {
    output.data(formatData({ isDryRun: flags.dryRun, sent, missing }, flags.output))
  } else {
    for (const id of sent) output.action(`${flags.dryRun ? 'would send' : 'sent'} ${id}`)
    if (missing.length === 0) output.success(summaryOf(sent.length, flags.dryRun))
  }
  if (missing.length > 0) {
    throw new ExitError(1, `no dead letter that can be sent again is called ${missing.join(', ')}`)
  }
}

function summaryOf(count: number, isDryRun: boolean): string {
  const letters = `${count} dead letter${count === 1 ? '' : 's'}`
  return isDryRun ? `${letters} would be sent again` : `${letters} sent again`
}

async function wouldSend(
  desk: DeadLetterDesk,
  ids: readonly string[] | undefined,
): Promise<readonly string[]> {
  const letters = await desk.list()
  return letters
    .filter(({ queue, id }) => queue !== 'triggers' && (ids?.includes(id) ?? true))
    .map(({ id }) => id)
}

async function openDesk(context: CliContext, flags: QueueFlags): Promise<DeadLetterDesk> {
  if (flags.stage === undefined) return (await connect(context, flags)).deadLetters
  const { openStackDesk } = await import('../../runtime/aws-queues.ts')
  const { call, output } = openStack(context, flags)
  return openStackDesk(call, output)
}

function formatLetters(letters: readonly BuriedLetter[]): string {
  const titles = ['QUEUE', 'ID', 'ABOUT', 'FAILED', 'TIMES', 'ERROR']
  const rows = letters.map((letter) => [
    letter.queue,
    letter.id,
    letter.about,
    letter.failedAt,
    letter.receiveCount === 0 ? '' : String(letter.receiveCount),
    letter.error,
  ])
  return formatTable(titles, rows)
}

function withAdvice(letter: BuriedLetter): BuriedLetter & { readonly advice: string } {
  return { ...letter, advice: deadLetterAdvice[letter.queue] }
}
