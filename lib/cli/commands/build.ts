import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { parse, relative, resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { BuildSpec } from '../../fleet/build-spec.ts'
import { buildDocuments } from '../../kustomize/build.ts'
import { buildKustomization } from '../../kustomize/flux/build-kustomization.ts'
import { printDocuments } from '../../manifest/print.ts'
import { createFolderTree } from '../../runtime/folder-tree.ts'
import { messageOf } from '../../status/error.ts'
import { type CliContext, ExitError } from '../context.ts'
import { addConnectFlags, addScopeFlags } from '../flags.ts'
import type { KustomizationFlags } from '../local-kustomization.ts'

type BuildFlags = {
  readonly output?: string
  readonly reorder: 'legacy' | 'none'
  readonly loadRestrictor: 'LoadRestrictionsRootOnly' | 'LoadRestrictionsNone'
  readonly as?: 'flux'
}

const examples = `
Examples:
  # what kustomize build prints
  driftless build ./overlays/staging

  # as Flux builds a folder: unsorted, jailed to the root, a missing kustomization file generated
  driftless build ./apps --as flux

  # a Kustomization of Flux over a local folder, as flux build kustomization prints it
  driftless build kustomization apps --path ./apps --kustomization-file ./clusters/staging/apps.yaml
`

/** `driftless build`: what a folder, or a Kustomization over a folder, builds to. */
export function addBuildCommand(program: Command, context: CliContext): void {
  const command = program
    .command('build')
    .summary('print what a folder builds to')
    .description('Prints what a folder builds to, natively and without a cluster.')
    .argument('[folder]', 'folder that holds the kustomization file', '.')
    .option('-o, --output <file>', 'write to this file instead of stdout')
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
    .addHelpText('after', examples)
    .action((folder: string, flags: BuildFlags) => buildDirectory(context, folder, flags))
  const kustomization = command
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
  addConnectFlags(addScopeFlags(kustomization)).action((name: string, flags: KustomizationFlags) =>
    printKustomization(context, name, flags),
  )
}

async function buildDirectory(
  context: CliContext,
  folder: string,
  flags: BuildFlags,
): Promise<void> {
  const text = buildAt(context, folder, flags)
  if (flags.output === undefined) {
    context.output.data(text)
    return
  }
  await writeFile(resolve(context.workingDirectory, flags.output), text).catch(
    (thrown: unknown) => {
      throw new ExitError(1, `-o ${flags.output}: cannot be written`, { cause: thrown })
    },
  )
}

/** Faults name files as seen from where the user stands, and not from the root of the disk. */
function buildAt(context: CliContext, folder: string, flags: BuildFlags): string {
  const { workingDirectory } = context
  const absolute = resolve(workingDirectory, folder)
  if (!existsSync(absolute)) throw new ExitError(1, `${folder}: there is no such folder`)
  try {
    return buildText(context, absolute, flags)
  } catch (thrown) {
    const here = relative(parse(absolute).root, workingDirectory)
    const message = messageOf(thrown).replaceAll(`${here}/`, '').replaceAll(here, '.')
    throw new ExitError(1, message, { cause: thrown })
  }
}

function buildText({ output }: CliContext, folder: string, flags: BuildFlags): string {
  if (flags.as === 'flux') {
    const built = buildKustomization(createFolderTree(folder), '', plainBuild)
    for (const warning of built.warnings) output.note(warning)
    return printDocuments(built.objects)
  }
  const { root } = parse(folder)
  const built = buildDocuments(createFolderTree(root), relative(root, folder), {
    reorder: flags.reorder,
    loadRestrictor: flags.loadRestrictor === 'LoadRestrictionsNone' ? 'none' : 'rootOnly',
    absoluteRoot: root,
  })
  for (const warning of built.warnings) output.note(warning)
  return printDocuments(built.documents)
}

/** A Kustomization that asks for nothing. */
const plainBuild: BuildSpec = {
  patches: [],
  images: [],
  components: [],
  ignoreMissingComponents: false,
}

async function printKustomization(
  context: CliContext,
  name: string,
  flags: KustomizationFlags,
): Promise<void> {
  // Loaded here: a plain folder is built without all that reads Flux's objects.
  const { buildFolder, findKustomization } = await import('../local-kustomization.ts')
  const kustomization = await findKustomization(context, name, flags)
  const { objects, warnings } = await buildFolder(context, kustomization, flags)
  for (const warning of warnings) context.output.note(warning)
  // flux ends each document with the separator, the last one too.
  for (const object of objects) context.output.data(`${printDocuments([object])}---\n`)
}
