import { type Command, Option } from 'commander'
import type { ClusterClient } from '../cluster/client.ts'
import type { ClusterObject, Fleet } from '../fleet/load.ts'
import { syncObjects } from '../fleet/sync.ts'
import type { KubeObject } from '../manifest/object.ts'
import type { HandOver } from '../reconcile/handover/steps.ts'
import { ReconcileError } from '../reconcile/reconcile-error.ts'
import type { ClusterFlags } from './cluster-client.ts'
import { type CliContext, type Connection, ExitError } from './context.ts'
import { addConnectFlags } from './flags.ts'
import { parseTimeout } from './settle.ts'

export type HandOverFlags = Omit<ClusterFlags, 'cluster'> & {
  readonly yes: boolean
  readonly dryRun: boolean
  readonly timeout: string
  readonly output: 'table' | 'json'
}

export const exitCodes = `
Exit codes: 0 all is done, or the plan can be carried out; 1 something stands against it; 2 not finished, run it again
`

/** The flags that both directions have. */
export function addHandOverFlags(command: Command): Command {
  return addConnectFlags(command)
    .option('--yes', 'do it; without this the plan is printed and nothing is written', false)
    .option('--dry-run', 'print the plan only, whatever else is said', false)
    .option('--timeout <duration>', 'how long each step may take', '5m')
    .option('--fleet <path>', 'file or folder of the fleet', 'fleet')
    .option('--secrets <folder>', "folder of the fleet's own secrets")
    .option(
      '--context <name>',
      'context of your kubeconfig, instead of the connection in the fleet',
    )
    .option('--kubeconfig <file>', 'your kubeconfig')
    .addOption(
      new Option('-o, --output <format>', 'how to print the plan')
        .choices(['table', 'json'])
        .default('table'),
    )
}

/** The Cluster of that name; a fleet with a fault is no ground to hand anything over on. */
export function clusterOf({ clusters, faults }: Fleet, name: string, path: string): ClusterObject {
  const found = clusters.find((cluster) => cluster.name === name)
  if (found === undefined) {
    const known = clusters.map((cluster) => cluster.name).join(', ')
    throw new ExitError(1, `--fleet ${path}: there is no Cluster '${name}'; it has: ${known}`)
  }
  const errors = faults.filter(({ severity }) => severity === 'error').length
  if (errors === 0) return found
  throw new ExitError(1, `--fleet ${path} has ${errors} faults; 'driftless check' names them`)
}

/** What the fleet says of a cluster: its objects, and the two that `sync` stands for. */
export function declaredIn(fleet: Fleet, { name, spec }: ClusterObject): readonly KubeObject[] {
  const own = fleet.objects.filter(({ id }) => id.cluster === name).map(({ object }) => object)
  const named = new Set(own.map(({ kind, metadata }) => `${kind}/${metadata.name}`))
  const sync = spec.sync === undefined ? [] : syncObjects(spec.sync)
  return [...own, ...sync.filter(({ kind, metadata }) => !named.has(`${kind}/${metadata.name}`))]
}

export function createHandOver(
  context: CliContext,
  cluster: string,
  client: ClusterClient,
  { operations }: Connection,
  flags: HandOverFlags & { readonly fluxIsGone?: boolean },
): HandOver {
  return {
    cluster,
    client,
    operations,
    now: context.now,
    wait: context.wait,
    timeoutMs: parseTimeout(flags.timeout),
    isFluxGone: flags.fluxIsGone === true,
    tell: context.output.action,
  }
}

/** Steps that took too long end with 2: the same command goes on from there. */
export async function carryOut<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    const isUnfinished = thrown instanceof ReconcileError && thrown.code === 'HandOverUnfinished'
    if (!isUnfinished) throw thrown
    throw new ExitError(2, `not finished, run it again: ${thrown.message}`, { cause: thrown })
  }
}
