import type { Command } from 'commander'
import { isFluxObject } from '../../fleet/fleet-object.ts'
import { type Change, hasChanges } from '../../inventory/change-set.ts'
import { inventoryOf, staleRefs } from '../../inventory/inventory.ts'
import { formatRef, type KubeObject, refOf } from '../../manifest/object.ts'
import { openClusterOf } from '../cluster-client.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addFormatFlag, addScopeFlags, type CommonFlags } from '../flags.ts'
import { formatChange } from '../format-change.ts'
import {
  buildFolder,
  findKustomization,
  type KustomizationFlags,
  type LocalKustomization,
} from '../local-kustomization.ts'
import { formatData } from '../output.ts'

type DiffFlags = KustomizationFlags &
  CommonFlags & {
    readonly fleet: string
    readonly secrets?: string
    readonly context?: string
    readonly kubeconfig?: string
  }

const examples = `
Examples:
  # what the folder would change in cluster staging of the fleet
  driftless diff kustomization apps --path ./apps -c staging

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
      'Prints what a local folder would change in a cluster. Nothing is written; values of Secrets are masked.',
    )
    .addHelpText('after', examples)
  const kustomization = command
    .command('kustomization')
    .alias('ks')
    .summary('of a Kustomization of Flux over a local folder')
    .argument('<name>', 'name of the Kustomization')
    .requiredOption('--path <folder>', 'folder with the manifests')
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
  addFormatFlag(addConnectFlags(addScopeFlags(kustomization))).action(
    (name: string, flags: DiffFlags) => diff(context, name, flags),
  )
}

async function diff(context: CliContext, name: string, flags: DiffFlags): Promise<void> {
  const { output } = context
  const { diffObjects } = await import('../../apply/diff.ts')
  const kustomization = await findKustomization(context, name, flags)
  const { objects } = await buildFolder(context, kustomization, flags)
  const { client, close } = await openClusterOf(context, flags)
  try {
    const forCluster = objects.filter((object) => !isFluxObject(refOf(object)))
    const result = await diffObjects(client, forCluster, {
      owner: kustomization.id,
      commonMetadata: kustomization.spec.commonMetadata,
      isForced: kustomization.spec.isForced,
      now: context.now,
    })
    for (const warning of result.warnings) output.warning(warning)
    for (const { ref, message } of result.faults)
      output.failure(`${formatRef(ref)}: ${message.trimEnd()}`)
    const changes = [...result.changes, ...prunedOf(kustomization, objects)]
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

/** What the Kustomization owns and the folder no longer holds; known where a running Driftless was asked. */
function prunedOf(
  { inventory, spec }: LocalKustomization,
  objects: readonly KubeObject[],
): readonly Change[] {
  if (!spec.isPruned) return []
  const next = inventoryOf(objects)
  return staleRefs(inventory, next).map((ref) => ({ ref, action: 'deleted' }))
}
