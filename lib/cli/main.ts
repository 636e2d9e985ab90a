import { inspect } from 'node:util'
import { Command, CommanderError } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { messageOf } from '../status/error.ts'
import { type CliContext, ExitError } from './context.ts'
import { createOutput } from './output.ts'

const description = `GitOps for Kubernetes with no controllers in the clusters and nothing running at rest.
Speaks Flux v2's API objects: an existing Flux repository works unchanged.`

type AddCommand = (program: Command, context: CliContext) => void

/** Loaded one by one, so that none pays for what another needs; in the order help lists them. */
const commands: Readonly<Record<string, () => Promise<AddCommand>>> = {
  serve: async () => (await import('./commands/serve.ts')).addServeCommand,
  demo: async () => (await import('./commands/demo.ts')).addDemoCommand,
  build: async () => (await import('./commands/build.ts')).addBuildCommand,
  diff: async () => (await import('./commands/diff.ts')).addDiffCommand,
  get: async () => (await import('./commands/get.ts')).addGetCommand,
  reconcile: async () => (await import('./commands/reconcile.ts')).addReconcileCommand,
  suspend: async () => (await import('./commands/suspend.ts')).addSuspendCommand,
  resume: async () => (await import('./commands/resume.ts')).addResumeCommand,
  events: async () => (await import('./commands/events.ts')).addEventsCommand,
  check: async () => (await import('./commands/check.ts')).addCheckCommand,
  queue: async () => (await import('./commands/queue.ts')).addQueueCommand,
  fleet: async () => (await import('./commands/fleet.ts')).addFleetCommand,
  adopt: async () => (await import('./commands/adopt.ts')).addAdoptCommand,
  release: async () => (await import('./commands/release.ts')).addReleaseCommand,
}

/** Runs one command line; resolves to the exit code. */
export async function run(args: readonly string[], context: CliContext): Promise<number> {
  try {
    const program = await createProgram(args[0] ?? '', context)
    await program.parseAsync([...args], { from: 'user' })
    return 0
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : usageExitCode(args)
    tellFault(thrown, context)
    return isQuiet(thrown) ? thrown.exitCode : usageExitCode(args)
  }
}

async function createProgram(wanted: string, context: CliContext): Promise<Command> {
  const { output } = context
  const program = new Command('driftless')
    .description(description)
    .version(packageJson.version)
    .showHelpAfterError("run 'driftless help <command>' for its flags and examples")
    .exitOverride()
    .configureOutput({
      writeOut: output.data,
      writeErr: (text) => output.note(text.trimEnd()),
      outputError: (text) => output.failure(text.trimEnd().replace(/^error: /, '')),
    })
  const only = Object.hasOwn(commands, wanted) ? commands[wanted] : undefined
  const loaders = only === undefined ? Object.values(commands) : [only]
  for (const addCommand of await Promise.all(loaders.map((load) => load()))) {
    addCommand(program, context)
  }
  return program
}

/** One line for people; the stack only for who asks for it. */
function tellFault(thrown: unknown, { output, environment }: CliContext): void {
  if (!isQuiet(thrown)) output.failure(messageOf(thrown) || `unexpected fault: ${nameOf(thrown)}`)
  if (environment.DRIFTLESS_DEBUG && thrown instanceof Error) output.note(inspect(thrown))
}

/** A command that has said everything and only ends with a code. */
function isQuiet(thrown: unknown): thrown is ExitError {
  return thrown instanceof ExitError && thrown.message === ''
}

/** What is known of a fault without a text, as Node's of a refused connection are. */
function nameOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return typeof thrown
  return 'code' in thrown ? String(thrown.code) : thrown.name
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
    // Opened only by who reads it.
    get input() {
      return process.stdin
    },
    interrupted: new Promise((resolve) => {
      process.once('SIGINT', () => resolve())
      process.once('SIGTERM', () => resolve())
    }),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    now: () => new Date(),
    fetch: (url, init) => fetch(url, init),
  }
}
