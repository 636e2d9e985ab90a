import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { createLogger } from '../../log/logger.ts'
import { createRedactor } from '../../log/redact.ts'
import { formatTerminal } from '../../log/terminal.ts'
import type { LocalRuntime } from '../../runtime/local.ts'
import { createFolderSecrets } from '../../runtime/local-secrets.ts'
import type { ServerOptions } from '../../runtime/local-server.ts'
import { holdYoungSpace } from '../../runtime/young-space.ts'
import { type CliContext, ExitError } from '../context.ts'
import { parseCount, parsePort } from '../flags.ts'
import { fleetPath } from '../read-fleet.ts'

type ServeFlags = {
  readonly fleet: string
  readonly state: string
  readonly secrets?: string
  readonly kubeconfig?: string
  readonly host: string
  readonly port: number
  readonly concurrency: number
  readonly logFormat: 'text' | 'json'
  readonly verbose: boolean
}

const examples = `
Examples:
  # a fleet folder, clusters from your own kubeconfig
  driftless serve --fleet ./fleet

  # where webhooks come in: http://HOST:8080/webhooks/github, /webhooks/gitlab, /webhooks/s3, /hook/<sha256>;
  # their secrets stand in the secret 'webhooks', keys github, gitlab and s3
  DRIFTLESS_SECRET_WEBHOOKS__GITHUB=s3cret driftless serve --fleet ./fleet
`

/** `driftless serve`: the whole system in one process. */
export function addServeCommand(program: Command, context: CliContext): void {
  program
    .command('serve')
    .summary('run the whole system in one process')
    .description(
      'Runs receivers, reconciler, schedule, notifications, API and page in one process, state in files.',
    )
    .option('--fleet <path>', 'file or folder of the fleet; it is watched', 'fleet')
    .option('--state <folder>', 'folder of all state', '.driftless')
    .option(
      '--secrets <folder>',
      "folder of the fleet's own secrets (default: secrets, where there is one)",
    )
    .option('--kubeconfig <file>', "the user's kubeconfig, for clusters named by context")
    .option(
      '--host <address>',
      'address to listen on; beyond loopback DRIFTLESS_TOKEN must be set',
      '127.0.0.1',
    )
    .option('--port <port>', 'port to listen on', parsePort, 8080)
    .option('--concurrency <count>', 'objects looked at side by side', parseCount, 16)
    .addOption(
      new Option('--log-format <format>', 'how to print the log')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('-v, --verbose', 'log more', false)
    .addHelpText('after', examples)
    .action((flags: ServeFlags) => serve(context, flags))
}

async function serve(context: CliContext, flags: ServeFlags): Promise<void> {
  const { environment, workingDirectory, output } = context
  const token = environment.DRIFTLESS_TOKEN
  const auth = token === undefined ? {} : { token }
  const isLoopback = ['127.0.0.1', 'localhost', '::1'].includes(flags.host)
  if (!isLoopback && token === undefined) {
    throw new ExitError(
      1,
      `--host ${flags.host} is not loopback: set DRIFTLESS_TOKEN, which API and page will ask for`,
    )
  }
  const redactor = createRedactor(token === undefined ? [] : [token])
  const log = createLogger((line) => output.note(line), {
    redact: redactor.redact,
    level: flags.verbose ? 'debug' : 'info',
    ...(flags.logFormat === 'json'
      ? {}
      : { format: formatTerminal({ hasColors: context.hasColors }) }),
  })
  // Loaded here, so that no other command pays for it.
  const { createLocalRuntime } = await import('../../runtime/local.ts')
  holdYoungSpace()
  const runtime = await createLocalRuntime({
    stateDirectory: resolve(workingDirectory, flags.state),
    fleetPath: fleetPath(context, flags.fleet),
    secretStore: createFolderSecrets(environment, workingDirectory, flags.secrets),
    concurrency: flags.concurrency,
    log,
    ...(flags.kubeconfig === undefined
      ? {}
      : { kubeconfigFile: resolve(workingDirectory, flags.kubeconfig) }),
  })
  try {
    await serveUntilInterrupted(context, runtime, { host: flags.host, port: flags.port, ...auth })
  } finally {
    await runtime.stop()
  }
}

async function serveUntilInterrupted(
  { output, interrupted }: CliContext,
  runtime: LocalRuntime,
  options: ServerOptions,
): Promise<void> {
  const { listenLocally } = await import('../../runtime/local-server.ts')
  const server = await listenLocally(runtime, options)
  try {
    await runtime.start()
    output.success(`driftless serves at ${server.url}`)
    await interrupted
    output.action('stopping; work in hand ends first')
  } finally {
    await server.close()
  }
}
