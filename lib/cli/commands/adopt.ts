import { appendFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { KubeObject } from '../../manifest/object.ts'
import { adoptCluster } from '../../reconcile/handover/adopt.ts'
import { type AdoptionPlan, planAdoption } from '../../reconcile/handover/adoption-plan.ts'
import { fleetText } from '../../reconcile/handover/fleet-text.ts'
import { nameOf, readFluxObjects } from '../../reconcile/handover/flux-objects.ts'
import { fluxInventory } from '../../reconcile/inherit-inventory.ts'
import { openClusterOf } from '../cluster-client.ts'
import { connect, requireLive } from '../connect.ts'
import { type CliContext, type Connection, ExitError } from '../context.ts'
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
import { fleetPath, readFleetAt } from '../read-fleet.ts'

type AdoptFlags = HandOverFlags & {
  readonly write: boolean
  readonly leaveUnsupported: boolean
  readonly fluxIsGone: boolean
}

const examples = `
Examples:
  # what would happen; nothing is written
  driftless adopt staging

  # do it, with 'driftless serve' running on the same fleet
  driftless adopt staging --yes
${exitCodes}`

/** `driftless adopt CLUSTER`: takes a cluster over from Flux; nothing that runs there is restarted. */
export function addAdoptCommand(program: Command, context: CliContext): void {
  const command = program
    .command('adopt')
    .summary('take a cluster over from Flux')
    .description(
      'Takes a cluster over from Flux: suspends its Kustomizations, reconciles them here, and removes them from the cluster.\nNothing is restarted or recreated by it, and it can be run again wherever it stopped.',
    )
    .argument('<cluster>', 'name of the Cluster in the fleet')
    .addHelpText('after', examples)
  addHandOverFlags(command)
    .option('--write', 'add what the fleet lacks to it', false)
    .option('--leave-unsupported', 'leave to Flux what Driftless does not build yet', false)
    .option(
      '--flux-is-gone',
      "do not wait for Flux's controllers: none works on this cluster",
      false,
    )
    .action((cluster: string, flags: AdoptFlags) => adopt(context, cluster, flags))
}

async function adopt(context: CliContext, name: string, flags: AdoptFlags): Promise<void> {
  const { output } = context
  const fleet = await readFleetAt(context, flags.fleet)
  const cluster = clusterOf(fleet, name, flags.fleet)
  const isDoing = flags.yes && !flags.dryRun
  const connection = isDoing ? await connectLive(context, flags) : undefined
  const { client, close } = await openClusterOf(context, { ...flags, cluster: name })
  try {
    const plan = planAdoption({
      cluster: name,
      found: await readFluxObjects(client),
      declared: declaredIn(fleet, cluster),
      registered: await registeredIn(connection, name),
      leavesUnsupported: flags.leaveUnsupported,
    })
    printPlan(context, plan, flags)
    refuse(context, plan, flags)
    if (connection === undefined) return
    if (plan.missing.length > 0) await addToFleet(context, plan, flags)
    await carryOut(() =>
      adoptCluster(createHandOver(context, name, client, connection, flags), plan),
    )
    output.success(`cluster ${name} is reconciled by Driftless`)
    tellWhatIsLeft(context, plan)
  } finally {
    close()
  }
}

async function connectLive(context: CliContext, flags: AdoptFlags): Promise<Connection> {
  const connection = await connect(context, flags)
  requireLive(connection)
  return connection
}

async function registeredIn(
  connection: Connection | undefined,
  cluster: string,
): Promise<ReadonlySet<string>> {
  const objects = (await connection?.operations.objects({ cluster })) ?? []
  return new Set(objects.map(({ kind, namespace, name }) => `${kind}/${namespace}/${name}`))
}

function printPlan({ output }: CliContext, plan: AdoptionPlan, { output: format }: AdoptFlags) {
  const { kustomizations, others, left, missing, faults } = plan
  if (format === 'json') {
    const names = (objects: readonly KubeObject[]) => objects.map(nameOf)
    const adopted = kustomizations.map((object) => ({
      object: nameOf(object),
      owned: fluxInventory(object).map(({ id }) => id),
    }))
    const leaves = left.map(({ object, why }) => ({ object: nameOf(object), why }))
    const rest = { others: names(others), left: leaves, missing: names(missing), faults }
    output.data(formatData({ cluster: plan.cluster, kustomizations: adopted, ...rest }, 'json'))
    return
  }
  const lines = [
    ...kustomizations.map(
      (object) => `adopt  ${nameOf(object)}  ${fluxInventory(object).length} objects`,
    ),
    ...others.map((object) => `adopt  ${nameOf(object)}`),
    ...left.map(({ object, why }) => `leave  ${nameOf(object)}  ${why}`),
    ...missing.map((object) => `write  ${nameOf(object)}  the fleet does not hold it`),
  ]
  output.data(lines.map((line) => `${withoutControls(line)}\n`).join(''))
}

function refuse({ output }: CliContext, plan: AdoptionPlan, flags: AdoptFlags): void {
  for (const fault of plan.faults) output.failure(fault)
  const isLacking = plan.missing.length > 0 && !flags.write
  if (isLacking) {
    output.failure(`the fleet lacks ${plan.missing.length} objects; --write adds them to it`)
  }
  const count = plan.faults.length + Number(isLacking)
  if (count > 0) throw new ExitError(1, `nothing was written: ${count} things stand against it`)
  const isNothing = plan.kustomizations.length + plan.others.length === 0
  if (isNothing) output.success(`Flux has nothing in cluster ${plan.cluster} to be adopted`)
  else if (!flags.yes || flags.dryRun) output.success('nothing was written; --yes carries it out')
}

/** Beside the other files of a fleet that is a folder, at the end of one that is a file. */
async function addToFleet(
  context: CliContext,
  { cluster, missing }: AdoptionPlan,
  { fleet }: AdoptFlags,
): Promise<void> {
  const path = fleetPath(context, fleet)
  const text = fleetText(missing, cluster)
  const isFolder = (await stat(path)).isDirectory()
  const file = isFolder ? join(path, `adopted-${cluster}.yaml`) : path
  if (isFolder) await writeFile(file, text, { flag: 'a' })
  else await appendFile(file, `\n---\n${text}`)
  context.output.action(`${missing.length} objects added to ${file}`)
}

function tellWhatIsLeft({ output }: CliContext, { left, kustomizations, others }: AdoptionPlan) {
  for (const { object, why } of left) output.warning(`${nameOf(object)} ${why}`)
  if (others.some(({ kind }) => kind === 'Receiver')) {
    output.note('Receivers keep their paths: point their webhooks at the address of Driftless')
  }
  if (left.length === 0 && kustomizations.length > 0) {
    output.note("Flux's controllers can go: flux uninstall --keep-namespace")
  }
}
