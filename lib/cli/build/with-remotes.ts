import { isIP } from 'node:net'
import { createAddressCheck } from '../../http/address-policy.ts'
import { createOutbound } from '../../http/outbound.ts'
import type { Remotes } from '../../kustomize/remote.ts'
import { buildWithRemotes } from '../../source/remote-bases.ts'
import { ExitError } from '../context.ts'

/** Runs a build that may fetch from the hosts the user has named. An address among them may be private: it was named itself. */
export async function withRemotes<T>(
  { hosts, allowPrivate }: Readonly<Record<'hosts' | 'allowPrivate', readonly string[]>>,
  build: (remotes: Remotes) => T,
): Promise<T> {
  const wrong = hosts.find((host) => host === '' || /[/@\s]/.test(host))
  if (wrong !== undefined) {
    throw new ExitError(1, `--allow-remote ${wrong}: write a host, such as github.com or *.example`)
  }
  const addresses = hosts.map(addressOf).filter((address) => isIP(address) !== 0)
  const policy = { allowPrivate: false, allowed: [...allowPrivate, ...addresses] }
  const outbound = createOutbound({ checkAddress: createAddressCheck(policy) })
  try {
    return await buildWithRemotes(build, { outbound, hosts })
  } finally {
    outbound.close()
  }
}

function addressOf(host: string): string {
  return host.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')
}
