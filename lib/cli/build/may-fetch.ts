import type { Command } from 'commander'
import { BuildError } from '../../kustomize/build-error.ts'
import type { Remotes } from '../../kustomize/remote.ts'

export type RemoteFlags = {
  readonly allowRemote?: readonly string[]
  readonly allowPrivate?: readonly string[]
}

/** Runs a build that may fetch from the hosts of `--allow-remote`. What can fetch is loaded only where one is named. */
export async function mayFetch<T>(
  { allowRemote: hosts, allowPrivate = [] }: RemoteFlags,
  build: (remotes: Remotes | undefined) => T,
): Promise<T> {
  try {
    if (hosts === undefined) return build(undefined)
    const { withRemotes } = await import('./with-remotes.ts')
    return await withRemotes({ hosts, allowPrivate }, build)
  } catch (thrown) {
    const hint = remoteHint(thrown)
    if (!(thrown instanceof BuildError) || hint === '') throw thrown
    const { code, message, data } = thrown
    throw new BuildError(code, `${message}${hint}`, { cause: thrown, data })
  }
}

export function addRemoteFlags(command: Command): Command {
  return command
    .option(
      '--allow-remote <host>',
      'fetch remote files and bases from this host, such as github.com or *.example; may be repeated',
      collect,
    )
    .option(
      '--allow-private <address>',
      'let an allowed host have this private address or network; may be repeated',
      collect,
    )
}

/** How to allow the host that a build was refused; empty where that is not its fault. */
export function remoteHint(thrown: unknown): string {
  if (!(thrown instanceof BuildError) || thrown.code !== 'RemoteNotAllowed') return ''
  const { host } = thrown.data
  return typeof host === 'string' && host !== '' ? ` with --allow-remote ${host}` : ''
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value]
}
