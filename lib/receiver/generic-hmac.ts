import { isHmacOf } from './proof.ts'
import type { Inbound } from './verdict.ts'

/**
 * Whether X-Signature, `sha1|sha256|sha512=<hex>`, is the HMAC of the raw body under `token`.
 * Source: notification-controller's Receiver type `generic-hmac`.
 */
export function isSignedGeneric({ headers, body }: Inbound, token: string): boolean {
  const given = headers.get('x-signature') ?? ''
  const [, name, hex = ''] = /^(sha1|sha256|sha512)=([0-9a-f]{40,128})$/.exec(given) ?? []
  const algorithm = algorithms.find((entry) => entry === name) ?? 'sha256'
  return isHmacOf(algorithm, hex, body, [token])
}

const algorithms = ['sha1', 'sha256', 'sha512'] as const
