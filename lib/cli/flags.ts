import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ConnectFlags } from './connect.ts'
import { ExitError } from './context.ts'
import type { Format } from './output.ts'

export type ScopeFlags = {
  readonly namespace: string
  readonly cluster?: string
}

export function addConnectFlags(command: Command): Command {
  return command
    .option(
      '--server <url>',
      'a running Driftless (default: http://127.0.0.1:8080, or $DRIFTLESS_SERVER)',
    )
    .option('--token <token>', 'bearer token of that server (or $DRIFTLESS_TOKEN)')
    .option('--state <folder>', 'state folder to read where none runs (default: .driftless)')
}

export function addScopeFlags(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'namespace of the object', 'flux-system')
    .option('-c, --cluster <name>', 'cluster of the object; needed where there are several')
}

export function addFormatFlag(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'how to print')
      .choices(['table', 'json', 'yaml'])
      .default('table'),
  )
}

export type CommonFlags = ConnectFlags & ScopeFlags & { readonly output: Format }

/** What is watched is printed as rows, one by one: there is no end at which JSON could be closed. */
export function refuseFormatOfWatch({ output }: CommonFlags): void {
  if (output === 'table') return
  throw new ExitError(1, `--watch prints a table; leave out -o ${output}, or --watch`)
}

/** A whole number above 0. */
export function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isSafeInteger(count) && count > 0) return count
  throw new InvalidArgumentError('write a whole number above 0')
}

/** A port; 0 means any free one. */
export function parsePort(text: string): number {
  const port = Number(text)
  if (Number.isSafeInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InvalidArgumentError('write a port from 0 to 65535')
}
