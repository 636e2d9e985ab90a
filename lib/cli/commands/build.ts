import { type Command, InvalidArgumentError, Option } from 'commander'
import { printDocuments } from '../../manifest/print.ts'
import { answerBatch } from '../build/batch.ts'
import { buildFolder, type FolderFlags } from '../build/build-folder.ts'
import type { RecursiveFlags } from '../build/build-recursively.ts'
import { maskSecret } from '../build/mask-secret.ts'
import { addRemoteFlags, mayFetch, type RemoteFlags } from '../build/may-fetch.ts'
import { buildForDisk, writeFiles } from '../build/write-output.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addScopeFlags } from '../flags.ts'

type BuildFlags = FolderFlags & RemoteFlags & { readonly output?: string; readonly batch: boolean }

const examples = `
Examples:
  # what kustomize build prints
  driftless build ./overlays/staging

  # one file for each object
  driftless build ./overlays/staging -o ./rendered

  # many folders in one process: {"id","dir","stdout","error"} for each line
  echo '{"id": 1, "dir": "./overlays/staging", "flags": ["--reorder", "none"]}' | driftless build --batch

  # with bases from GitHub; without --allow-remote nothing is ever fetched
  driftless build ./overlays/staging --allow-remote github.com

  # as Flux builds a folder: unsorted, jailed to the root, a missing kustomization file generated
  driftless build ./apps --as flux

  # a Kustomization of Flux over a local folder, as flux build kustomization prints it
  driftless build kustomization apps --path ./apps --kustomization-file ./clusters/staging/apps.yaml

  # and all Kustomizations that it holds, whose source lies here
  driftless build kustomization apps --path ./apps --kustomization-file ./clusters/staging/apps.yaml \\
    --recursive --local-sources GitRepository/flux-system/flux-system=.
`

/** `driftless build`: what a folder, or a Kustomization over a folder, builds to. */
export function addBuildCommand(program: Command, context: CliContext): void {
  const command = program
    .command('build')
    .summary('print what a folder builds to')
    .description('Prints what a folder builds to, natively and without a cluster.')
    .argument('[folder]', 'folder that holds the kustomization file (default: ".")')
    .option('-o, --output <path>', 'write to this file, or into this folder, instead of stdout')
    .addOption(
      new Option('--reorder <order>', 'order of the objects')
        .choices(['legacy', 'none'])
        .default('legacy'),
    )
    .addOption(
      new Option('--load-restrictor <rule>', 'which files may be loaded')
        .choices(['LoadRestrictionsRootOnly', 'LoadRestrictionsNone'])
        .default('LoadRestrictionsRootOnly'),
    )
    .addOption(new Option('--as <program>', 'build as this program does').choices(['flux']))
    .option('--batch', 'build what JSON lines on stdin ask for, and answer each with one', false)
    // What kustomize still takes, though a field of the kustomization file says it better.
    .addOption(new Option('--enable-managedby-label').default(false).hideHelp())
    .addHelpText('after', examples)
    .action((folder: string | undefined, flags: BuildFlags) =>
      runBuild(context, folder === undefined ? [] : [folder], flags),
    )
  addRemoteFlags(command)
  addKustomizationCommand(command, context)
}

/** `driftless build kustomization`, with the flags of `flux build kustomization`. */
function addKustomizationCommand(build: Command, context: CliContext): void {
  const command = build
    .command('kustomization')
    .alias('ks')
    .summary('print what a Kustomization of Flux builds to')
    .description(
      'Prints what a Kustomization of Flux builds to over a local folder, with substitution and labels.',
    )
    .argument('<name>', 'name of the Kustomization')
    .requiredOption('--path <folder>', 'folder with the manifests')
    .option(
      '--kustomization-file <file>',
      'file with the Kustomization; else a running Driftless is asked',
    )
    .option('--dry-run', 'accepted as flux does; building never needs a cluster', false)
    .option('--strict-substitute', 'fail where a variable without default is missing', false)
    .option(
      '--ignore-paths <rules>',
      'leave out what these rules of .gitignore match; commas between',
      (value: string, earlier: readonly string[] = []) => [...earlier, ...value.split(',')],
    )
    .option('-r, --recursive', 'build the Kustomizations that it holds, too', false)
    .option(
      '--local-sources <sources>',
      'where their sources lie: Kind/namespace/name=folder; commas between',
      readLocalSources,
    )
    .addOption(new Option('--in-memory-build').default(false).hideHelp())
  addConnectFlags(addScopeFlags(addRemoteFlags(command))).action(
    (name: string, flags: RecursiveFlags) => printKustomization(context, name, flags),
  )
}

function readLocalSources(
  value: string,
  earlier: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const pairs = value.split(',').map((pair): [string, string] => {
    const [, source, folder] = /^(\w+\/[^/=]+\/[^/=]+)=(.+)$/.exec(pair) ?? []
    if (source !== undefined && folder !== undefined) return [source, folder]
    throw new InvalidArgumentError('write Kind/namespace/name=folder')
  })
  return new Map([...earlier, ...pairs])
}

async function runBuild(
  context: CliContext,
  folders: readonly string[],
  flags: BuildFlags,
): Promise<void> {
  const { output, workingDirectory } = context
  if (flags.batch) {
    if (folders.length > 0)
      throw new ExitError(1, "--batch: the folders stand in the requests' dir")
    if (flags.allowRemote !== undefined)
      throw new ExitError(1, '--batch: it never fetches anything')
    await answerBatch(context.input ?? nothing(), output.data, workingDirectory)
    return
  }
  const [folder = '.'] = folders
  const { output: target } = flags
  if (target === undefined) {
    const { text, warnings } = await mayFetch(flags, (remotes) =>
      buildFolder(folder, flags, { workingDirectory, remotes }),
    )
    for (const warning of warnings) output.note(warning)
    output.data(text)
    return
  }
  const written = await mayFetch(flags, (remotes) =>
    buildForDisk(folder, target, flags, { workingDirectory, remotes }),
  )
  for (const warning of written.warnings) output.note(warning)
  await writeFiles(written, workingDirectory)
}

async function* nothing(): AsyncIterable<string> {}

async function printKustomization(
  context: CliContext,
  name: string,
  flags: RecursiveFlags,
): Promise<void> {
  // Loaded here: a plain folder is built without all that reads Flux's objects.
  const { findKustomization } = await import('../local-kustomization.ts')
  const { buildRecursively } = await import('../build/build-recursively.ts')
  const found = await findKustomization(context, name, flags)
  const kustomization = found.hasNamespace
    ? found
    : { ...found, id: { ...found.id, namespace: '' } }
  // Flux reads .sourceignore here even without rules of one's own.
  const { ignorePaths = [] } = flags
  const asked = { ...flags, ignorePaths }
  const { objects, warnings } = await buildRecursively(context, kustomization, asked)
  for (const warning of warnings) context.output.note(warning)
  // flux ends each document with the separator, the last one too.
  const texts = objects.map((object) => `${printDocuments([maskSecret(object)])}---\n`)
  for (const text of texts) context.output.data(text)
}
