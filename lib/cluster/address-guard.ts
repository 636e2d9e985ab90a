import { lookup as resolve } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { ClusterError } from './cluster-error.ts'

/** Why an IP address must not be connected to; undefined where it may be. */
export type AddressCheck = (address: string) => string | undefined

/** Throws where the host is itself an address that must not be connected to: those are never resolved. */
export function refuseLiteralAddress(hostname: string, check: AddressCheck | undefined): void {
  const address = hostname.replace(/^\[|\]$/g, '')
  const why = check !== undefined && isIP(address) !== 0 ? check(address) : undefined
  if (why !== undefined) throw refusal(why)
}

/** Resolves a name to the addresses that may be connected to, so that no name leads where no address may. */
export function guardedLookup(check: AddressCheck): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (fault, addresses) => {
      if (fault !== null) return done(fault, [])
      const why = addresses.map(({ address }) => check(address)).find((text) => text !== undefined)
      const [first] = addresses
      if (why !== undefined || first === undefined) {
        return done(refusal(why ?? 'the name has no address'), [])
      }
      if (options.all) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
}

function refusal(why: string): ClusterError {
  return new ClusterError('Unreachable', `the server of the cluster is refused: ${why}`)
}
