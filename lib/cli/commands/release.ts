import type { Command } from 'commander'
import { type ClusterClient, createClusterClient } from '../../cluster/client.ts'
import { nameOf, readFluxObjects, servedFluxKinds } from '../../reconcile/handover/flux-objects.ts'
import { releaseCluster } from '../../reconcile/handover/release.ts'
import { planRelease, type ReleasePlan } from '../../reconcile/handover/release-plan.ts'
import type { ObjectDetail, Operations } from '../../reconcile/operations.ts'
import { openClusterOf } from '../cluster-client.ts'
import { connect, requireLive } from '../connect.ts'
import { type CliContext, ExitError } from '../context.ts'
import {
  addHandOverFlags,
  carryOut,
  clusterOf,
  createHandOver,
  declaredIn,
  exitCodes,
  type HandOverFlags,
} from '../hand-over.ts'
import { formatData, withoutControls } from '../output.ts'
import { readFleetAt } from '../read-fleet.ts'

const examples = `
Examples:
  # what would happen; nothing is written
  driftless release staging

  # do it; Flux's controllers and definitions must be in the cluster
  driftless release staging --yes
${exitCodes}`

/** `driftless release CLUSTER`: gives a cluster to Flux; nothing that runs there is restarted. */
export function addReleaseCommand(program: Command, context: CliContext): void {
  const command = program
    .command('release')
    .summary('give a cluster back to Flux')
    .description(
      "Gives a cluster to Flux: writes Flux's objects with what they own, suspends them here, and lets Flux go on.\nNothing is restarted or recreated by it, and it can be run again wherever it stopped.",
    )
    .argument('<cluster>', 'name of the Cluster in the fleet')
    .addHelpText('after', examples)
  addHandOverFlags(command).action((cluster: string, flags: HandOverFlags) =>
    release(context, cluster, flags),
  )
}

async function release(context: CliContext, name: string, flags: HandOverFlags): Promise<void> {
  const { output } = context
  const fleet = await readFleetAt(context, flags.fleet)
  const cluster = clusterOf(fleet, name, flags.fleet)
  const isDoing = flags.yes && !flags.dryRun
  const connection = await connect(context, flags)
  if (isDoing) requireLive(connection)
  const { client, flux, close } = await openBoth(context, name, flags)
  try {
    const plan = planRelease({
      cluster: name,
      registered: await detailsOf(connection.operations, name),
      declared: declaredIn(fleet, cluster),
      found: await readFluxObjects(client),
      served: await servedFluxKinds(client),
    })
    printPlan(context, plan, flags)
    refuse(context, plan, isDoing)
    if (!isDoing) return
    const handOver = createHandOver(context, name, client, connection, flags)
    const controllers = await carryOut(() => releaseCluster(handOver, plan, flux))
    output.success(`cluster ${name} is given back to Flux`)
    if (controllers === 0) output.warning('no kustomize-controller was found in the cluster')
    output.note(`remove Cluster ${name} from the fleet: nothing in it is touched by that`)
  } finally {
    close()
  }
}

/** Two clients of one connection: ours, and one that writes in the name of Flux's controller. */
async function openBoth(
  context: CliContext,
  cluster: string,
  flags: HandOverFlags,
): Promise<{
  readonly client: ClusterClient
  readonly flux: ClusterClient
  readonly close: () => void
}> {
  const { client, transport, close } = await openClusterOf(context, { ...flags, cluster })
  const flux = createClusterClient(transport, { fieldManager: 'kustomize-controller' })
  return { client, flux, close }
}

async function detailsOf(
  operations: Operations,
  cluster: string,
): Promise<readonly ObjectDetail[]> {
  const found = await operations.objects({ cluster })
  const details = await Promise.all(found.map((id) => operations.object(id)))
  return details.flatMap((detail) => detail ?? [])
}

function printPlan({ output }: CliContext, plan: ReleasePlan, { output: format }: HandOverFlags) {
  const names = (returned: ReleasePlan['others']) => returned.map(({ object }) => nameOf(object))
  const { kustomizations, others, built, faults } = plan
  if (format === 'json') {
    const parts = { kustomizations: names(kustomizations), others: names(others), built, faults }
    output.data(formatData({ cluster: plan.cluster, ...parts }, 'json'))
    return
  }
  const lines = [
    ...[...names(kustomizations), ...names(others)].map((name) => `release  ${name}`),
    ...built.map((name) => `leave    ${name}  Flux brings it from what it builds`),
  ]
  output.data(lines.map((line) => `${withoutControls(line)}\n`).join(''))
}

function refuse({ output }: CliContext, plan: ReleasePlan, isDoing: boolean): void {
  for (const fault of plan.faults) output.failure(fault)
  const { length } = plan.faults
  if (length > 0) throw new ExitError(1, `nothing was written: ${length} things stand against it`)
  const isNothing = plan.kustomizations.length + plan.others.length === 0
  if (isNothing) output.success(`cluster ${plan.cluster} has nothing to be released`)
  else if (!isDoing) output.success('nothing was written; --yes carries it out')
}
