import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { messageOf } from '../status/error.ts'
import { addBuildCommand } from './commands/build.ts'
import { addCheckCommand } from './commands/check.ts'
import { addDemoCommand } from './commands/demo.ts'
import { addDiffCommand } from './commands/diff.ts'
import { addEventsCommand } from './commands/events.ts'
import { addGetCommand } from './commands/get.ts'
import { addReconcileCommand, addResumeCommand, addSuspendCommand } from './commands/reconcile.ts'
import { addServeCommand } from './commands/serve.ts'
import { type CliContext, ExitError } from './context.ts'
import { createOutput } from './output.ts'

const description = `GitOps for Kubernetes with no controllers in the clusters and nothing running at rest.
Speaks Flux v2's API objects: an existing Flux repository works unchanged.`

/** Runs one command line; resolves to the exit code. */
export async function run(args: readonly string[], context: CliContext): Promise<number> {
  const program = createProgram(context)
  try {
    await program.parseAsync([...args], { from: 'user' })
    return 0
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : usageExitCode(args)
    if (messageOf(thrown) !== '') context.output.failure(messageOf(thrown))
    return thrown instanceof ExitError ? thrown.exitCode : usageExitCode(args)
  }
}

function createProgram(context: CliContext): Command {
  const program = new Command('driftless')
    .description(description)
    .version(packageJson.version)
    .showHelpAfterError("(run 'driftless help <command>' for its flags and examples)")
    .exitOverride()
    .configureOutput({
      writeOut: context.output.data,
      writeErr: (text) => context.output.note(text.trimEnd()),
    })
  addServeCommand(program, context)
  addDemoCommand(program, context)
  addBuildCommand(program, context)
  addDiffCommand(program, context)
  addGetCommand(program, context)
  addReconcileCommand(program, context)
  addSuspendCommand(program, context)
  addResumeCommand(program, context)
  addEventsCommand(program, context)
  addCheckCommand(program, context)
  return program
}

/** `diff` says 1 for changes, so its faults are 2. */
function usageExitCode(args: readonly string[]): number {
  return args[0] === 'diff' ? 2 : 1
}

export function processContext(): CliContext {
  const hasColors = process.stderr.isTTY === true && process.env.NO_COLOR === undefined
  return {
    output: createOutput(
      (text) => void process.stdout.write(text),
      (text) => void process.stderr.write(text),
      hasColors,
    ),
    hasColors: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
    environment: process.env,
    workingDirectory: process.cwd(),
    interrupted: new Promise((resolve) => {
      process.once('SIGINT', () => resolve())
      process.once('SIGTERM', () => resolve())
    }),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    now: () => new Date(),
    readStdin: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk))
      return Buffer.concat(chunks).toString('utf8')
    },
  }
}
