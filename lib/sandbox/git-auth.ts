import { createHash, timingSafeEqual } from 'node:crypto'
import type { ServerResponse } from 'node:http'

/** What opens a repository; either will do where both are given. */
export type GitAuth = {
  /** Any user name is taken where none is given, as Git hosts do with tokens. */
  readonly basic?: { readonly username?: string; readonly password: string }
  readonly bearer?: string
}

export function isAuthorized(auth: GitAuth | undefined, header: string | undefined): boolean {
  if (auth === undefined) return true
  const [scheme = '', value = ''] = (header ?? '').split(' ', 2)
  if (scheme.toLowerCase() === 'bearer') {
    return auth.bearer !== undefined && isSame(value, auth.bearer)
  }
  if (scheme.toLowerCase() !== 'basic' || auth.basic === undefined) return false
  const given = Buffer.from(value, 'base64').toString('utf8')
  const colon = given.indexOf(':')
  const isUser =
    auth.basic.username === undefined || isSame(given.slice(0, colon), auth.basic.username)
  return isSame(given.slice(colon + 1), auth.basic.password) && isUser && colon >= 0
}

export function asksForAuth(response: ServerResponse): void {
  const headers = { 'www-authenticate': 'Basic realm="git"', 'content-type': 'text/plain' }
  response.writeHead(401, headers).end('authentication required\n')
}

/** Hashed first, so that neither content nor length can be told from the time it takes. */
function isSame(left: string, right: string): boolean {
  return timingSafeEqual(digest(left), digest(right))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
