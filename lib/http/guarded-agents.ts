import { lookup as resolve } from 'node:dns'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { createSecureContext, getCACertificates } from 'node:tls'
import type { AddressCheck } from './address-policy.ts'
import { OutboundError } from './outbound-error.ts'

/** Whom a connection trusts, and who it is. */
export type Trust = {
  /** PEM certificates that are trusted besides the system's. */
  readonly ca?: string
  readonly clientCertificate?: { readonly cert: string; readonly key: string }
}

export type GuardedAgents = { readonly http: HttpAgent; readonly https: HttpsAgent }

/**
 * Keep-alive agents that connect only where `check` allows. The address that is checked is the one that is
 * connected to: a name is resolved once, inside the connection, so that it cannot change between look and leap.
 */
export function createGuardedAgents(
  check: AddressCheck,
  trust: Trust,
  maxSockets: number,
): GuardedAgents {
  const common = {
    keepAlive: true,
    maxSockets,
    maxFreeSockets: 8,
    scheduling: 'lifo' as const,
    lookup: guardedLookup(check),
  }
  const https = new HttpsAgent({ ...common, rejectUnauthorized: true, ...secureContext(trust) })
  return { http: refuseLiterals(new HttpAgent(common), check), https: refuseLiterals(https, check) }
}

function secureContext({ ca, clientCertificate }: Trust): object {
  if (ca === undefined && clientCertificate === undefined) return {}
  const trusted = ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }
  try {
    return { secureContext: createSecureContext({ ...trusted, ...clientCertificate }) }
  } catch (cause) {
    throw new OutboundError('TlsInvalid', 'the CA or client certificate is no sound PEM', { cause })
  }
}

function guardedLookup(check: AddressCheck): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (fault, addresses) => {
      if (fault !== null) return done(fault, [])
      const why = addresses
        .map(({ address }) => check(address, hostname))
        .find((text) => text !== undefined)
      const [first] = addresses
      if (why !== undefined || first === undefined) {
        return done(refusal(why ?? 'the name has no address'), [])
      }
      if (options.all) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
}

/** A host that is itself an address is never looked up, and so is checked before connecting. */
function refuseLiterals<A extends HttpAgent>(agent: A, check: AddressCheck): A {
  const connect = agent.createConnection.bind(agent)
  const createConnection: HttpAgent['createConnection'] = (options, done) => {
    const host = (options.host ?? '').replace(/^\[|\]$/g, '')
    const why = isIP(host) === 0 ? undefined : check(host)
    if (why === undefined) return connect(options, done)
    throw refusal(why)
  }
  return Object.assign(agent, { createConnection })
}

function refusal(why: string): OutboundError {
  return new OutboundError('AddressRefused', `the address is refused: ${why}`)
}
