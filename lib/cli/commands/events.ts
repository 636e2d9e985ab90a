import type { Command } from 'commander'
import { formatRef } from '../../manifest/object.ts'
import type { EventFilter } from '../../reconcile/event-log.ts'
import type { Event } from '../../status/event.ts'
import { connect } from '../connect.ts'
import { type CliContext, ExitError } from '../context.ts'
import {
  addConnectFlags,
  addFormatFlag,
  type CommonFlags,
  parseCount,
  refuseFormatOfWatch,
} from '../flags.ts'
import { findKind, unknownKind } from '../kinds.ts'
import { formatData } from '../output.ts'
import { requireCluster } from '../require-cluster.ts'
import { formatTable } from '../table.ts'

type EventFlags = CommonFlags & {
  readonly all: boolean
  readonly allNamespaces: boolean
  readonly for?: string
  readonly limit: number
  readonly watch: boolean
}

const examples = `
Examples:
  # what happened lately in namespace flux-system
  driftless events

  # to one Kustomization, and what follows
  driftless events --for Kustomization/apps -c staging --watch
`

/** `driftless events`: what happened, oldest first, in flux's columns. */
export function addEventsCommand(program: Command, context: CliContext): void {
  const command = program
    .command('events')
    .summary('print what happened')
    .description(
      'Prints what happened, oldest first; runs that found nothing to do only of an object that --for names.',
    )
    .option('-n, --namespace <name>', 'namespace of the objects', 'flux-system')
    .option('-A, --all-namespaces', 'objects of all namespaces', false)
    .option('-c, --cluster <name>', 'only this cluster')
    .option('--for <kind/name>', 'only this object, or all of a kind')
    .option('--all', 'also runs that found nothing to do', false)
    .option('--limit <count>', 'at most so many', parseCount, 50)
    .option('-w, --watch', 'go on until interrupted', false)
    .addHelpText('after', examples)
  addFormatFlag(addConnectFlags(command)).action((flags: EventFlags) => printEvents(context, flags))
}

async function printEvents(context: CliContext, flags: EventFlags): Promise<void> {
  if (flags.watch) refuseFormatOfWatch(flags)
  const { operations } = await connect(context, flags)
  const filter = { ...filterOf(flags), limit: flags.limit }
  const isOver = context.interrupted.then(() => true)
  let events = [...(await operations.events(filter))].reverse()
  if (events.length === 0) await requireCluster(operations, flags.cluster)
  if (flags.output !== 'table') {
    context.output.data(formatData(events, flags.output))
    return
  }
  const hasClusters = flags.cluster === undefined && (await operations.clusters()).length > 1
  context.output.data(formatEvents(events, { hasHeader: true, hasClusters }))
  let last = events.at(-1)?.id ?? '0'
  while (flags.watch) {
    if (await Promise.race([isOver, context.wait(500).then(() => false)])) return
    events = [...(await operations.events({ ...filter, after: last }))].reverse()
    last = events.at(-1)?.id ?? last
    if (events.length > 0)
      context.output.data(formatEvents(events, { hasHeader: false, hasClusters }))
  }
}

function filterOf(flags: EventFlags): EventFilter {
  const [kind, name, ...rest] = flags.for?.split('/') ?? []
  if (flags.for !== undefined && (!kind || name === '' || rest.length > 0)) {
    throw new ExitError(
      1,
      `--for ${flags.for}: write a kind, as Kustomization, or Kustomization/apps`,
    )
  }
  return {
    ...(flags.all || name !== undefined ? {} : { isEventful: true }),
    ...(flags.cluster === undefined ? {} : { cluster: flags.cluster }),
    ...(flags.allNamespaces ? {} : { namespace: flags.namespace }),
    ...(kind === undefined ? {} : { kind: kindOf(kind) }),
    ...(name === undefined ? {} : { name }),
  }
}

/** Also `ks` and `gitrepository`; kinds that have no words of their own are written as they are. */
function kindOf(written: string): string {
  const known = findKind([written])?.kind
  if (known === undefined && !/^[A-Z]/.test(written)) throw new ExitError(1, unknownKind([written]))
  return known ?? written
}

function formatEvents(
  events: readonly Event[],
  { hasHeader, hasClusters }: { readonly hasHeader: boolean; readonly hasClusters: boolean },
): string {
  const titles = [
    'TIME',
    ...(hasClusters ? ['CLUSTER'] : []),
    'TYPE',
    'REASON',
    'OBJECT',
    'MESSAGE',
  ]
  const rows = events.map((event) => [
    event.timestamp.slice(0, 19).replace('T', ' '),
    ...(hasClusters ? [event.cluster] : []),
    event.severity === 'error' ? 'Warning' : 'Normal',
    event.reason,
    formatRef({ ...event.involvedObject, namespace: '' }),
    messageOf(event),
  ])
  return formatTable(titles, rows, hasHeader)
}

/** In one line, with what explains it behind. */
function messageOf({ message, details = [] }: Event): string {
  const told = message.trimEnd().replaceAll('\n', ', ')
  return details.length === 0 ? told : `${told} — ${details.map((line) => line.trim()).join('; ')}`
}
