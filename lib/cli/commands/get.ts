import type { Command } from 'commander'
import { shortRevision } from '../../artifact/revision.ts'
import type { ClusterView, ObjectDetail, ObjectView } from '../../reconcile/operations.ts'
import { connect } from '../connect.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addFormatFlag, type CommonFlags } from '../flags.ts'
import { type KindWord, kindHelp, kindWords, splitKind } from '../kinds.ts'
import { formatData } from '../output.ts'
import { formatTable } from '../table.ts'

type GetFlags = CommonFlags & {
  readonly allNamespaces: boolean
  readonly header: boolean
  readonly statusSelector?: string
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
      'only those in this state: ready=true, ready=false, ready=unknown',
    )
    .option('--no-header', 'leave the titles out')
    .option('-w, --watch', 'print again what changes, until interrupted', false)
    .addHelpText('after', examples)
  addFormatFlag(addConnectFlags(command)).action((words: string[], flags: GetFlags) =>
    flags.watch ? watch(context, words, flags) : get(context, words, flags),
  )
}

async function get(context: CliContext, words: string[], flags: GetFlags): Promise<void> {
  const { operations } = await connect(context, flags)
  if (words[0] === 'clusters' || words[0] === 'cluster') {
    const clusters = await operations.clusters()
    context.output.data(formatClusters(clusters, flags))
    return
  }
  const { kinds, name } = wanted(words)
  const objects = await select(context, kinds, name, flags)
  if (flags.output !== 'table') {
    const details = await Promise.all(objects.map((object) => operations.object(object)))
    const found = details.flatMap((detail) => (detail === undefined ? [] : [toManifest(detail)]))
    const list = { apiVersion: 'v1', kind: 'List', items: found }
    context.output.data(
      formatData(found.length === 1 && name !== undefined ? found[0] : list, flags.output),
    )
    return
  }
  const tables = kinds.map((kind) => formatObjects(kind, objects, flags, kinds.length > 1))
  context.output.data(tables.filter((table) => table !== '').join('\n'))
}

/** As kubectl would print it if the object stood in its cluster. */
function toManifest(detail: ObjectDetail) {
  const { apiVersion, kind, metadata, generation, spec, status, cluster, declaredBy, isSuspended } =
    detail
  const { version: _, ...shown } = status
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, generation },
    spec: { ...spec, ...(isSuspended ? { suspend: true } : {}) },
    status: { ...shown, cluster, declaredBy },
  }
}

function wanted(words: readonly string[]): { kinds: readonly KindWord[]; name?: string } {
  if (words[0] === 'all') return { kinds: kindWords }
  const split = splitKind(words)
  if (split === undefined || split.rest.length > 1) {
    throw new ExitError(1, `'${words.join(' ')}' is no kind; use all, clusters, ${kindHelp}`)
  }
  const [name] = split.rest
  return { kinds: [split.kind], ...(name === undefined ? {} : { name }) }
}

async function select(
  context: CliContext,
  kinds: readonly KindWord[],
  name: string | undefined,
  flags: GetFlags,
): Promise<readonly ObjectView[]> {
  const { operations } = await connect(context, flags)
  const scope = {
    ...(flags.cluster === undefined ? {} : { cluster: flags.cluster }),
    ...(flags.allNamespaces ? {} : { namespace: flags.namespace }),
  }
  const lists = await Promise.all(kinds.map(({ kind }) => operations.objects({ ...scope, kind })))
  const found = lists.flat().filter((object) => name === undefined || object.name === name)
  if (found.length === 0 && kinds.length === 1) throw nothingFound(kinds[0], name, flags)
  return found.filter((object) => isSelected(object, flags.statusSelector))
}

function isSelected(object: ObjectView, selector: string | undefined): boolean {
  if (selector === undefined) return true
  const [key, value] = selector.split('=')
  if (key !== 'ready' || value === undefined) {
    throw new ExitError(
      1,
      `--status-selector ${selector}: write ready=true, ready=false or ready=unknown`,
    )
  }
  return object.ready.toLowerCase() === value.toLowerCase()
}

function formatObjects(
  { kind, hasRevision }: KindWord,
  objects: readonly ObjectView[],
  flags: GetFlags,
  isPrefixed: boolean,
): string {
  const rows = objects.filter((object) => object.kind === kind)
  if (rows.length === 0) return ''
  const hasClusters = new Set(objects.map(({ cluster }) => cluster)).size > 1
  const titles = [
    ...(hasClusters ? ['CLUSTER'] : []),
    ...(flags.allNamespaces ? ['NAMESPACE'] : []),
    'NAME',
    ...(hasRevision ? ['REVISION'] : []),
    'SUSPENDED',
    'READY',
    'MESSAGE',
  ]
  const cells = rows.map((object) => [
    ...(hasClusters ? [object.cluster] : []),
    ...(flags.allNamespaces ? [object.namespace] : []),
    isPrefixed ? `${kind.toLowerCase()}/${object.name}` : object.name,
    ...(hasRevision ? [object.revision === '' ? '' : shortRevision(object.revision)] : []),
    object.isSuspended ? 'True' : 'False',
    object.ready,
    object.message,
  ])
  return formatTable(titles, cells, flags.header)
}

function formatClusters(clusters: readonly ClusterView[], flags: GetFlags): string {
  if (flags.output !== 'table') return formatData(clusters, flags.output)
  const titles = ['NAME', 'CONNECTION', 'TENANCY', 'OBJECTS', 'READY', 'FAILED']
  const rows = clusters.map((cluster) => [
    cluster.name,
    cluster.connection,
    cluster.tenancy,
    String(cluster.objectCount),
    String(cluster.readyCount),
    String(cluster.failedCount),
  ])
  return formatTable(titles, rows, flags.header)
}

async function watch(context: CliContext, words: string[], flags: GetFlags): Promise<void> {
  const { kinds, name } = wanted(words)
  const isOver = context.interrupted.then(() => true)
  const printed = new Map<string, string>()
  for (let isFirst = true; ; isFirst = false) {
    const objects = await select(context, kinds, name, flags)
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
    const shown = { ...flags, header: flags.header && isFirst }
    for (const kind of kinds)
      context.output.data(formatObjects(kind, changed, shown, kinds.length > 1))
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
