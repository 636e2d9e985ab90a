import type { Command } from 'commander'
import type { DiffResult } from '../../apply/diff.ts'
import type { ClusterClient } from '../../cluster/client.ts'
import { isFluxObject } from '../../fleet/fleet-object.ts'
import { hasChanges } from '../../inventory/change-set.ts'
import { inventoryOfRefs, staleRefs } from '../../inventory/inventory.ts'
import { formatRef, type KubeObject, type ObjectRef, refOf } from '../../manifest/object.ts'
import type { ConfigPorts } from '../../reconcile/read-config.ts'
import { readVariables } from '../../reconcile/variables.ts'
import { createFolderSecrets } from '../../runtime/local-secrets.ts'
import { addRemoteFlags, mayFetch } from '../build/may-fetch.ts'
import { openClusterOf } from '../cluster-client.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addFormatFlag, addScopeFlags, type CommonFlags } from '../flags.ts'
import { formatChange } from '../format-change.ts'
import {
  buildTree,
  type FolderInTree,
  findKustomization,
  type KustomizationFlags,
  type LocalKustomization,
  openFolder,
} from '../local-kustomization.ts'
import { formatData } from '../output.ts'
import { pruneForecast } from '../prune-forecast.ts'
import { openRevision } from '../revision.ts'

type DiffFlags = Omit<KustomizationFlags, 'path'> &
  CommonFlags & {
    readonly path?: string
    readonly revision?: string
    readonly fleet: string
    readonly secrets?: string
    readonly context?: string
    readonly kubeconfig?: string
  }

const examples = `
Examples:
  # what the folder would change in cluster staging of the fleet
  driftless diff kustomization apps --path ./apps -c staging

  # what a revision would change: a branch, a commit, refs/tags/… or refs/pull/1/head
  driftless diff kustomization apps --revision feature -c staging

  # without a fleet: a Kustomization from a file, a context of your own kubeconfig
  driftless diff kustomization apps --path ./apps --kustomization-file apps.yaml --context kind-kind

Exit codes: 0 no changes, 1 changes, 2 error
`

/** `driftless diff kustomization NAME`: the plan against the live cluster; nothing is written. */
export function addDiffCommand(program: Command, context: CliContext): void {
  const command = program
    .command('diff')
    .summary('print what would change in a cluster')
    .description(
      'Prints what a local folder, or a revision, would change in a cluster. Nothing is written; values of Secrets are masked.',
    )
    .addHelpText('after', examples)
  const kustomization = command
    .command('kustomization')
    .alias('ks')
    .summary('of a Kustomization of Flux over a local folder or a revision')
    .argument('<name>', 'name of the Kustomization')
    .option('--path <folder>', 'folder with the manifests')
    .option('--revision <revision>', 'branch, commit or refs/… of its source, instead of a folder')
    .option(
      '--kustomization-file <file>',
      'file with the Kustomization; else a running Driftless is asked',
    )
    .option('--strict-substitute', 'fail where a variable without default is missing', false)
    .option('--fleet <path>', 'fleet that says how to reach the cluster', 'fleet')
    .option('--secrets <folder>', "folder of the fleet's own secrets")
    .option('--context <name>', 'context of your kubeconfig, instead of a cluster of the fleet')
    .option('--kubeconfig <file>', 'your kubeconfig')
    .addHelpText('after', examples)
  addFormatFlag(addConnectFlags(addScopeFlags(addRemoteFlags(kustomization)))).action(
    (name: string, flags: DiffFlags) => diff(context, name, flags),
  )
}

async function diff(context: CliContext, name: string, flags: DiffFlags): Promise<void> {
  const { output } = context
  const { diffObjects } = await import('../../apply/diff.ts')
  const { path = '' } = flags
  if ((path === '') === (flags.revision === undefined)) {
    throw new ExitError(2, 'name a folder with --path, or a revision with --revision')
  }
  const kustomization = await findKustomization(context, name, { ...flags, path })
  // A local folder is opened before the cluster is: its fault is the nearer one.
  const folder = path === '' ? undefined : openFolder(context, path)
  const cluster = await openClusterOf(context, flags)
  const { client, close } = cluster
  try {
    const { objects } = await build(context, kustomization, flags, folder, client)
    const forCluster = objects.filter((object) => !isFluxObject(refOf(object)))
    const result = await diffObjects(client, forCluster, {
      owner: kustomization.id,
      commonMetadata: kustomization.spec.commonMetadata,
      isForced: kustomization.spec.isForced,
      ignore: kustomization.spec.ignore,
      now: context.now,
    })
    for (const warning of result.warnings) output.warning(warning)
    for (const { ref, message } of result.faults)
      output.failure(`${formatRef(ref)}: ${message.trimEnd()}`)
    const stale = staleOf(kustomization, objects, result)
    const lifted = [...kustomization.lifted, ...cluster.lifted]
    const isEmptyBuild = objects.length === 0
    const pruned = await pruneForecast(client, stale, { ...kustomization, lifted, isEmptyBuild })
    if (pruned.refusal !== undefined) output.warning(pruned.refusal)
    const changes = [...result.changes, ...pruned.changes]
    output.data(
      flags.output === 'table'
        ? changes.map((change) => formatChange(change, context.hasColors)).join('')
        : formatData(changes, flags.output),
    )
    if (result.faults.length > 0)
      throw new ExitError(
        2,
        `${result.faults.length} of ${forCluster.length} objects cannot be applied`,
      )
    if (hasChanges(changes)) throw new ExitError(1, '')
  } finally {
    close()
  }
}

/** As a run would build it: with variables from the cluster too. */
async function build(
  context: CliContext,
  kustomization: LocalKustomization,
  flags: DiffFlags,
  folder: FolderInTree | undefined,
  client: ClusterClient,
): Promise<{ readonly objects: readonly KubeObject[] }> {
  const { environment, workingDirectory } = context
  const ports: ConfigPorts = {
    secretStore: createFolderSecrets(environment, workingDirectory, flags.secrets),
    clusters: {
      find: async () => undefined,
      connect: async () => client,
      connectRemote: async () => client,
    },
  }
  const { id, spec } = kustomization
  const from =
    folder ?? (await openRevision(context, kustomization, flags.revision ?? '', client, ports))
  const variables =
    spec.postBuild === undefined
      ? new Map<string, string>()
      : await readVariables(ports, client, id, spec.postBuild)
  return mayFetch(flags, (remotes) =>
    buildTree({ ...from, remotes }, kustomization, variables, flags.strictSubstitute),
  )
}

/** What the Kustomization owns and the folder no longer holds; known where a running Driftless was asked. */
function staleOf(
  { inventory, spec }: LocalKustomization,
  objects: readonly KubeObject[],
  { changes, faults }: Pick<DiffResult, 'changes' | 'faults'>,
): readonly ObjectRef[] {
  if (!spec.isPruned) return []
  // As the cluster names them: what belongs to all of it has no namespace there.
  const named = [...changes, ...faults].map(({ ref }) => ref)
  const next = inventoryOfRefs([...objects.map(refOf), ...named])
  return staleRefs(inventory, next)
}
