/** A git repository as a base names it. Source: kustomize api/internal/git. */
export type RepoSpec = {
  /** As written; two that begin alike are a cycle. */
  readonly raw: string
  /** What git would clone. */
  readonly url: string
  /** The folder in the repository; empty is its root. */
  readonly path: string
  /** A branch, a tag or a commit; empty for what HEAD points at. */
  readonly ref: string
  readonly timeoutMs: number
  readonly hasSubmodules: boolean
}

/**
 * Reads what kustomize takes for a git repository: `https://host/org/repo/path?ref=v1`, `git@host:org/repo`, `github.com/org/repo`
 * and their like; undefined for everything else. `//`, `_git/` and `.git` tell where the repository ends and the path in it
 * begins; without them it has two segments.
 */
export function parseRepoSpec(text: string): RepoSpec | undefined {
  if (text.startsWith('/')) return undefined
  const cut = text.indexOf('?')
  const host = splitHost(cut < 0 ? text : text.slice(0, cut))
  if (host === undefined) return undefined
  const parts = splitPath(host.rest, host.authority.startsWith('file://'))
  if (parts === undefined || parts.repository === '' || leavesRepository(parts.path)) {
    return undefined
  }
  return {
    raw: text,
    url: host.authority + parts.repository,
    path: parts.path.replace(/^\//, ''),
    ...readQuery(cut < 0 ? '' : text.slice(cut + 1)),
  }
}

/** A file on the web. What is no repository either is nothing else. */
export function isWebUrl(path: string): boolean {
  return /^https?:\/\//i.test(path)
}

type Host = { readonly authority: string; readonly rest: string }

function splitHost(text: string): Host | undefined {
  const whole = text.replace(/^git::/i, '')
  const scheme = /^(?:ssh|https?|file):\/\//i.exec(whole)?.[0] ?? ''
  const behind = whole.slice(scheme.length)
  if (scheme.toLowerCase() === 'file://') return { authority: 'file://', rest: behind }
  const user = /^[a-zA-Z][a-zA-Z0-9-]*@/.exec(behind)?.[0] ?? ''
  const address = behind.slice(user.length)
  const isGithub = /^github\.com[/:]/i.test(address)
  const isScp = scheme === '' && (user !== '' || isGithub)
  if (scheme === '' && !isScp) return undefined
  const end = separatorOf(address, isScp)
  if (end < 0) return undefined
  const rest = address.slice(end + 1)
  if (!isGithub) {
    return { authority: scheme.toLowerCase() + user + address.slice(0, end + 1), rest }
  }
  const isSsh = scheme.toLowerCase() === 'ssh://' || user !== ''
  return { authority: isSsh ? `${user}github.com:` : 'https://github.com/', rest }
}

/** Where the host ends: at a slash, in the manner of scp at a colon before it. */
function separatorOf(address: string, isScp: boolean): number {
  const slash = address.indexOf('/')
  if (!isScp) return slash
  const colon = address.indexOf(':')
  return slash < 0 || (colon > 0 && colon < slash) ? colon : slash
}

type Parts = { readonly repository: string; readonly path: string }

function splitPath(rest: string, isFile: boolean): Parts | undefined {
  const azure = rest.indexOf('_git/')
  if (azure >= 0) return cutAt(rest, endOfSegment(rest, azure + '_git/'.length), 1)
  const double = rest.indexOf('//')
  if (double >= 0) return cutAt(rest, double, 2)
  const suffix = rest.indexOf('.git')
  if (suffix >= 0) return cutAt(rest, suffix + '.git'.length, 0)
  if (isFile) return { repository: rest, path: '' }
  const first = rest.indexOf('/')
  return first < 0 ? undefined : cutAt(rest, endOfSegment(rest, first + 1), 1)
}

function endOfSegment(text: string, from: number): number {
  const slash = text.indexOf('/', from)
  return slash < 0 ? text.length : slash
}

function cutAt(text: string, end: number, width: number): Parts {
  return { repository: text.slice(0, end), path: text.slice(end + width) }
}

function leavesRepository(path: string): boolean {
  let depth = 0
  for (const segment of path.split('/')) {
    if (segment === '..') depth -= 1
    else if (segment !== '' && segment !== '.') depth += 1
    if (depth < 0) return true
  }
  return false
}

const defaultTimeoutMs = 27_000

function readQuery(query: string): Pick<RepoSpec, 'ref' | 'timeoutMs' | 'hasSubmodules'> {
  const isBroken = query.includes(';') || /%(?![0-9a-fA-F]{2})/.test(query)
  // Behind a sign of its own, or it would take a second question mark for the first.
  const values = new URLSearchParams(isBroken ? '' : `&${query}`)
  const falseWords = /^(?:0|f|F|FALSE|false|False)$/
  return {
    ref: values.get('ref') || (values.get('version') ?? ''),
    timeoutMs: readTimeout(values.get('timeout') ?? '') ?? defaultTimeoutMs,
    hasSubmodules: !falseWords.test(values.get('submodules') ?? ''),
  }
}

const unitsMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** Seconds, or a duration as Go writes it; undefined where it is none above zero. */
function readTimeout(text: string): number | undefined {
  if (/^\+?\d{1,9}$/.test(text)) return positive(Number(text) * 1_000)
  const part = /(\d{1,9}(?:\.\d{0,9})?|\.\d{1,9})(ns|us|µs|μs|ms|s|m|h)/g
  if (text.length > 60 || text.replace(/^\+/, '').replaceAll(part, '') !== '') return undefined
  const parts = [...text.matchAll(part)]
  return positive(
    parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (unitsMs[unit] ?? 0), 0),
  )
}

/** Go counts whole nanoseconds, in 64 bits. */
function positive(milliseconds: number): number | undefined {
  return milliseconds >= 1e-6 && milliseconds < 2 ** 63 / 1e6 ? milliseconds : undefined
}
