import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { createLogger } from '../../log/logger.ts'
import { type CliContext, ExitError } from '../context.ts'
import { parsePort } from '../flags.ts'

type DemoFlags = {
  readonly once: boolean
  readonly port: number
  readonly kubeconfig?: string
  readonly verbose: boolean
}

const examples = `
Examples:
  # the whole story, then the page stays open
  npm run demo

  # the story only: exit code 0 if every step really happened
  npm run demo -- --once

  # with the clusters of your own kubeconfig (its first two contexts)
  npm run demo -- --kubeconfig ~/.kube/config
`

/** `driftless demo`: the whole story on one machine, every claim checked in the clusters. */
export function addDemoCommand(program: Command, context: CliContext): void {
  program
    .command('demo')
    .summary('tell the whole story on this machine')
    .description(
      'Plays push, upload, drift, a broken commit and its fix, with two clusters, and checks each step.',
    )
    .option('--once', 'exit after the story', false)
    .option('--port <port>', 'port of the page; 0 takes a free one', parsePort, 8080)
    .option('--kubeconfig <file>', 'use its first two contexts instead of sandbox clusters')
    .option('-v, --verbose', 'show the log', false)
    .addHelpText('after', examples)
    .action((flags: DemoFlags) => demo(context, flags))
}

async function demo(context: CliContext, flags: DemoFlags): Promise<void> {
  // Loaded here, so that no other command pays for it.
  const { playStory } = await import('../demo/story.ts')
  const { createWorld } = await import('../demo/world.ts')
  const { listContexts } = await import('../../runtime/list-contexts.ts')
  const { output } = context
  const log = createLogger((line) => output.note(line), {
    level: flags.verbose ? 'debug' : 'error',
  })
  const kubeconfigFile =
    flags.kubeconfig === undefined ? undefined : resolve(context.workingDirectory, flags.kubeconfig)
  const world = await createWorld({
    examples: examplesFolder(),
    log,
    port: flags.once ? 0 : flags.port,
    ...(kubeconfigFile === undefined
      ? {}
      : { kubeconfigFile, contexts: listContexts(kubeconfigFile) }),
  })
  try {
    output.data(`Git host    ${world.gitUrl}\nPage        ${world.serverUrl}/\n`)
    await playStory(world, output)
    if (!flags.once) await stayUp(context, world.serverUrl, world.directory)
  } finally {
    await world.close()
  }
}

async function stayUp(
  { output, interrupted }: CliContext,
  url: string,
  directory: string,
): Promise<void> {
  output.data(`\nThe page is at ${url}/ and stays up. Try:\n`)
  output.data(`  cd ${directory}/work/podinfo && git push after a change of your own\n`)
  output.data(`  npx driftless get kustomizations --server ${url}\n`)
  output.data('Ctrl-C ends it and removes everything it made.\n')
  await interrupted
}

/** The example files stand beside the package's own. */
function examplesFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (folder !== dirname(folder)) {
    const found = join(folder, 'examples', 'demo')
    if (existsSync(found)) return found
    folder = dirname(folder)
  }
  throw new ExitError(1, "the demo's example files are missing; run it from a checkout")
}
