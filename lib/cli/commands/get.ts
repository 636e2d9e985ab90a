import type { Command } from 'commander'
import type { ObjectView } from '../../reconcile/operations.ts'
import { connect } from '../connect.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addFormatFlag, type CommonFlags, refuseFormatOfWatch } from '../flags.ts'
import { formatClusters, formatObjects } from '../get-tables.ts'
import { type KindWord, kindHelp, kindWords, splitKind, unknownKind } from '../kinds.ts'
import { toManifest } from '../manifest-of.ts'
import { formatData } from '../output.ts'
import { requireCluster } from '../require-cluster.ts'
import { parseStatusSelector, withLabels } from '../selectors.ts'

type GetFlags = CommonFlags & {
  readonly allNamespaces: boolean
  readonly header: boolean
  readonly statusSelector?: string
  readonly labelSelector?: string
  readonly watch: boolean
}

const examples = `
Examples:
  # Kustomizations of namespace flux-system in every cluster
  driftless get kustomizations

  # one of them, in one cluster, as YAML
  driftless get ks apps -c staging -o yaml

  # Git sources of all namespaces
  driftless get sources git -A

  # what is not ready, of any kind
  driftless get all -A --status-selector ready=false
`

/** `driftless get KIND [NAME]`: the same columns as `flux get`. */
export function addGetCommand(program: Command, context: CliContext): void {
  const command = program
    .command('get')
    .summary('print objects and their status')
    .description(`Prints objects and their status. KIND is all, clusters, ${kindHelp}.`)
    .argument('<kind...>', 'a kind, and the name of one object where only that is wanted')
    .option('-n, --namespace <name>', 'namespace of the objects', 'flux-system')
    .option('-A, --all-namespaces', 'objects of all namespaces', false)
    .option('-c, --cluster <name>', 'only this cluster')
    .option(
      '--status-selector <selector>',
      'only those in this state: ready=true, ready=false, ready!=true',
    )
    .option('-l, --label-selector <selector>', 'only those with these labels, as team=shop,!legacy')
    .option('--no-header', 'leave the titles out')
    .option('-w, --watch', 'print again what changes, until interrupted', false)
    .addHelpText('after', examples)
  addFormatFlag(addConnectFlags(command)).action((words: string[], flags: GetFlags) =>
    flags.watch ? watch(context, words, flags) : get(context, words, flags),
  )
}

async function get(context: CliContext, words: string[], flags: GetFlags): Promise<void> {
  const { operations } = await connect(context, flags)
  if (isClusters(words)) {
    const clusters = await operations.clusters()
    const shown = clusters.filter(
      ({ name }) => flags.cluster === undefined || name === flags.cluster,
    )
    if (shown.length === 0) await requireCluster(operations, flags.cluster)
    context.output.data(
      flags.output === 'table'
        ? formatClusters(shown, flags.header)
        : formatData(shown, flags.output),
    )
    return
  }
  const { kinds, name } = wanted(words)
  const { objects, hasClusters } = await select(context, kinds, name, flags)
  if (flags.output !== 'table') {
    const details = await Promise.all(objects.map((object) => operations.object(object)))
    const found = details.flatMap((detail) => (detail === undefined ? [] : [toManifest(detail)]))
    const list = { apiVersion: 'v1', kind: 'List', items: found }
    context.output.data(
      formatData(found.length === 1 && name !== undefined ? found[0] : list, flags.output),
    )
    return
  }
  const tables = kinds.map((kind) =>
    formatObjects(kind, objects, { ...flags, hasClusters, isPrefixed: kinds.length > 1 }),
  )
  context.output.data(tables.filter((table) => table !== '').join('\n'))
}

function wanted(words: readonly string[]): { kinds: readonly KindWord[]; name?: string } {
  if (words[0] === 'all') return { kinds: kindWords }
  const split = splitKind(words)
  if (split === undefined) throw new ExitError(1, unknownKind(words, ['all', 'clusters']))
  const [name, ...others] = split.rest
  if (others.length > 0) {
    const kind = split.kind.words[0] ?? split.kind.kind
    throw new ExitError(1, `get ${kind} takes one name, not '${split.rest.join(' ')}'`)
  }
  return { kinds: [split.kind], ...(name === undefined ? {} : { name }) }
}

/** `hasClusters` is true where what was asked for is in several, whichever are left then. */
type Selection = { readonly objects: readonly ObjectView[]; readonly hasClusters: boolean }

async function select(
  context: CliContext,
  kinds: readonly KindWord[],
  name: string | undefined,
  flags: GetFlags,
): Promise<Selection> {
  const { operations } = await connect(context, flags)
  const scope = {
    ...(flags.cluster === undefined ? {} : { cluster: flags.cluster }),
    ...(flags.allNamespaces ? {} : { namespace: flags.namespace }),
  }
  const lists = await Promise.all(kinds.map(({ kind }) => operations.objects({ ...scope, kind })))
  const listed = lists.flat()
  const found = listed.filter((object) => name === undefined || object.name === name)
  if (listed.length === 0) await requireCluster(operations, flags.cluster)
  if (found.length === 0 && kinds.length === 1) throw nothingFound(kinds[0], name, flags)
  const isInState = parseStatusSelector(flags.statusSelector)
  const objects = await withLabels(operations, found.filter(isInState), flags.labelSelector)
  return { objects, hasClusters: new Set(listed.map(({ cluster }) => cluster)).size > 1 }
}

function isClusters([word]: readonly string[]): boolean {
  return word === 'clusters' || word === 'cluster'
}

async function watch(context: CliContext, words: string[], flags: GetFlags): Promise<void> {
  refuseFormatOfWatch(flags)
  if (isClusters(words)) {
    throw new ExitError(1, '--watch shows no clusters; watch all, or a kind')
  }
  const { kinds, name } = wanted(words)
  const isOver = context.interrupted.then(() => true)
  const printed = new Map<string, string>()
  for (let isFirst = true; ; isFirst = false) {
    const { objects, hasClusters } = await select(context, kinds, name, flags)
    const changed = objects.filter((object) => {
      const key = `${object.cluster}/${object.kind}/${object.namespace}/${object.name}`
      const text = JSON.stringify([
        object.revision,
        object.isSuspended,
        object.ready,
        object.message,
      ])
      const isNews = printed.get(key) !== text
      printed.set(key, text)
      return isNews
    })
    const header = flags.header && isFirst
    const shown = { ...flags, header, hasClusters, isPrefixed: kinds.length > 1 }
    for (const kind of kinds) context.output.data(formatObjects(kind, changed, shown))
    if (await Promise.race([isOver, context.wait(1_000).then(() => false)])) return
  }
}

function nothingFound(
  kind: KindWord | undefined,
  name: string | undefined,
  flags: GetFlags,
): ExitError {
  const place = flags.allNamespaces ? 'any namespace' : `"${flags.namespace}" namespace`
  const what = kind?.kind ?? 'object'
  return name === undefined
    ? new ExitError(1, `no ${what} objects found in ${place}`)
    : new ExitError(1, `${what} object '${name}' not found in ${place}`)
}
