import type { Command } from 'commander'
import { type Fleet, type FleetFile, formatFault, loadFleet } from '../../fleet/load.ts'
import { readFleetFiles } from '../../runtime/fleet-folder.ts'
import type { FleetPush } from '../../runtime/push-fleet.ts'
import { addStackFlags, openStack, type StackFlags } from '../aws-stack.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addFormatFlag } from '../flags.ts'
import { type Format, formatData } from '../output.ts'
import { fleetPath } from '../read-fleet.ts'

type PushFlags = StackFlags & {
  readonly bucket?: string
  readonly dryRun: boolean
  readonly output: Format
}

const examples = `
Examples:
  # what would change, then change it
  driftless fleet push ./fleet --stage prod --region eu-west-1 --dry-run
  driftless fleet push ./fleet --stage prod --region eu-west-1

  # without asking the stack for its bucket, and for a script
  driftless fleet push ./fleet --bucket acme-driftless-state -o json
`

/** `driftless fleet push`: hands a fleet to a Driftless on AWS. */
export function addFleetCommand(program: Command, context: CliContext): void {
  const fleet = program.command('fleet').summary('hand a fleet to a Driftless on AWS')
  const push = fleet
    .command('push')
    .summary('check a fleet and upload it')
    .description(
      'Checks a fleet, then uploads what changed and deletes what is gone under fleet/ of the state bucket.\nThe functions take it up within a minute, as a whole or not at all.',
    )
    .argument('<folder>', 'file or folder of the fleet')
    .option('--bucket <name>', 'state bucket (default: the one the stack of --stage names)')
    .option('--dry-run', 'only say what would change', false)
    .addHelpText('after', examples)
  addFormatFlag(addStackFlags(push)).action((folder: string, flags: PushFlags) =>
    pushTo(context, folder, flags),
  )
}

async function pushTo(context: CliContext, folder: string, flags: PushFlags): Promise<void> {
  if (flags.bucket === undefined && flags.stage === undefined) {
    throw new ExitError(1, 'where to? name the stack with --stage, or its bucket with --bucket')
  }
  const { output } = context
  output.action(`checking fleet ${folder}`)
  const files = await readFiles(context, folder)
  checkFleet(context, loadFleet(files))
  const stack = openStack(context, flags)
  const bucket = flags.bucket ?? (await stack.output('StateBucketName'))
  const [{ openFleetBucket }, { pushFleet }] = await Promise.all([
    import('../../runtime/fleet-bucket.ts'),
    import('../../runtime/push-fleet.ts'),
  ])
  const options = { now: context.now(), isDryRun: flags.dryRun }
  const pushed = await pushFleet(openFleetBucket(stack.call, bucket), files, options)
  tell(context, bucket, pushed, flags)
}

/** Paths as keys: with slashes, below the folder. */
async function readFiles(context: CliContext, folder: string): Promise<readonly FleetFile[]> {
  const path = fleetPath(context, folder, '')
  const files = await readFleetFiles(path)
  if (files.length === 0) {
    const message = `${folder}: holds no .yaml file; an empty fleet is taken for an accident and not pushed`
    throw new ExitError(1, message)
  }
  return files.map(({ file, text }) => {
    const parts = file.split(/[\\/]/)
    return { file: file === path ? (parts.at(-1) ?? file) : parts.join('/'), text }
  })
}

/** Nothing is uploaded that the functions could not take in whole. */
function checkFleet({ output }: CliContext, fleet: Fleet): void {
  const errors = fleet.faults.filter(({ severity }) => severity === 'error')
  for (const fault of fleet.faults) {
    if (fault.severity === 'error') output.failure(formatFault(fault))
    else output.warning(formatFault(fault))
  }
  const wrong = fleet.clusters.filter(({ spec }) =>
    ['context', 'sandbox'].includes(spec.connection.type),
  )
  for (const { name, spec } of wrong) {
    const { type } = spec.connection
    output.failure(
      `Cluster/${name} spec.connection.${type}: is of use on a laptop only; use eks or kubeConfig`,
    )
  }
  const count = errors.length + wrong.length
  if (count === 0) return
  throw new ExitError(1, `${count} fault${count === 1 ? '' : 's'}; nothing was uploaded`)
}

function tell({ output }: CliContext, bucket: string, pushed: FleetPush, flags: PushFlags): void {
  const { dryRun: isDryRun } = flags
  if (flags.output !== 'table') {
    output.data(formatData({ bucket, prefix: 'fleet/', isDryRun, ...pushed }, flags.output))
    return
  }
  const place = `s3://${bucket}/fleet/`
  const [upload, remove] = isDryRun ? ['would upload', 'would delete'] : ['uploaded', 'deleted']
  for (const path of pushed.uploaded) output.action(`${upload} ${path}`)
  for (const path of pushed.deleted) output.action(`${remove} ${path}`)
  const changes = pushed.uploaded.length + pushed.deleted.length
  if (changes === 0) output.success(`${place} holds this fleet already`)
  else if (isDryRun) output.success(`${changes} changes, none was made`)
  else output.success(`pushed to ${place}; it counts within a minute`)
}
