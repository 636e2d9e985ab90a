import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type Fleet, formatFault } from '../../fleet/load.ts'
import { createFolderSecrets } from '../../runtime/local-secrets.ts'
import { type CliContext, ExitError } from '../context.ts'
import { readFleetAt } from '../read-fleet.ts'

type CheckFlags = {
  readonly fleet: string
  readonly secrets?: string
  readonly kubeconfig?: string
  readonly offline: boolean
}

const examples = `
Examples:
  # everything: the fleet's files, and every cluster it names
  driftless check --fleet ./fleet

  # only the files, for a pull request
  driftless check --fleet ./fleet --offline
`

/** `driftless check`: every fault of a fleet in one pass, and whether its clusters can be worked with. */
export function addCheckCommand(program: Command, context: CliContext): void {
  program
    .command('check')
    .summary('check a fleet and its clusters')
    .description(
      'Checks the files of a fleet, and that its clusters answer and run no Flux controllers.',
    )
    .option('--fleet <path>', 'file or folder of the fleet', 'fleet')
    .option('--secrets <folder>', "folder of the fleet's own secrets")
    .option('--kubeconfig <file>', "the user's kubeconfig, for clusters named by context")
    .option('--offline', 'look at the files only', false)
    .addHelpText('after', examples)
    .action((flags: CheckFlags) => check(context, flags))
}

async function check(context: CliContext, flags: CheckFlags): Promise<void> {
  const { output } = context
  output.action(`checking fleet ${flags.fleet}`)
  const fleet = await readFleetAt(context, flags.fleet)
  const errors = reportFaults(context, fleet)
  const failures = flags.offline ? 0 : await checkClusters(context, fleet, flags)
  if (errors + failures > 0) {
    throw new ExitError(1, `${count(errors + failures, 'check')} failed`)
  }
  output.success('all checks passed')
}

function reportFaults({ output }: CliContext, fleet: Fleet): number {
  const errors = fleet.faults.filter(({ severity }) => severity === 'error')
  for (const fault of fleet.faults) {
    if (fault.severity === 'error') output.failure(formatFault(fault))
    else output.warning(formatFault(fault))
  }
  const { clusters, objects } = fleet
  output.success(
    `${count(clusters.length, 'cluster')} and ${count(objects.length, 'Flux object')} can be used`,
  )
  for (const { name, spec } of clusters) {
    const advice = spec.tenancy === 'open' ? '; set spec.tenancy: locked where teams share it' : ''
    output.success(`cluster ${name}: tenancy ${spec.tenancy}${advice}`)
  }
  return errors.length
}

async function checkClusters(
  context: CliContext,
  fleet: Fleet,
  flags: CheckFlags,
): Promise<number> {
  const { output, environment, workingDirectory } = context
  const { probeCluster } = await import('../../runtime/probe-cluster.ts')
  const secretStore = createFolderSecrets(environment, workingDirectory, flags.secrets)
  let failures = 0
  for (const { name, spec } of fleet.clusters) {
    output.action(`checking cluster ${name}`)
    const probe = await probeCluster(name, spec.connection, {
      secretStore,
      stateDirectory: resolve(workingDirectory, '.driftless'),
      ...kubeconfigOf(workingDirectory, flags),
    })
    for (const fact of probe.facts) output.success(`cluster ${name}: ${fact}`)
    for (const fault of probe.faults) {
      const place = `cluster ${name}: `
      output.failure(fault.startsWith(place) ? fault : place + fault)
    }
    failures += probe.faults.length
  }
  return failures
}

function kubeconfigOf(workingDirectory: string, { kubeconfig }: CheckFlags) {
  return kubeconfig === undefined ? {} : { kubeconfigFile: resolve(workingDirectory, kubeconfig) }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
