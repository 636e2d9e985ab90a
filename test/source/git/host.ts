import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAddressCheck } from '../../../lib/http/address-policy.ts'
import { createOutbound, type Outbound } from '../../../lib/http/outbound.ts'
import { createGitServer, type GitServerOptions } from '../../../lib/sandbox/git-server.ts'

/** A Git host on the loopback address, served by the system's git, and the way out to it. */
export type GitHost = {
  readonly url: string
  readonly outbound: Outbound
  /** Makes an empty repository, if it is not there. */
  readonly create: (repository: string) => void
  /** Runs git in a repository; gives what it printed. */
  readonly git: (repository: string, args: readonly string[], input?: string | Buffer) => string
  /** Makes a commit that holds exactly `entries`; gives its id. */
  readonly commit: (repository: string, entries: Entries, options?: CommitOptions) => string
  readonly close: () => Promise<void>
}

/** Path → text, or a mode with a text; of a submodule (160000) the text is the commit. */
export type Entries = Readonly<
  Record<string, string | { readonly mode: string; readonly text: string | Buffer }>
>

export type CommitOptions = {
  readonly ref?: string
  readonly message?: string
  /** Seconds since 1970. */
  readonly time?: number
  readonly author?: string
}

export async function createGitHost(
  options: Omit<GitServerOptions, 'root'> = {},
): Promise<GitHost> {
  const root = mkdtempSync(join(tmpdir(), 'driftless-git-'))
  const server = createGitServer({ ...options, root })
  const listening = await server.listen()
  const outbound = createOutbound({ checkAddress: createAddressCheck({ allowPrivate: true }) })
  const git: GitHost['git'] = (repository, args, input) =>
    execFileSync('git', ['--git-dir', join(root, `${repository}.git`), ...args], {
      encoding: 'utf8',
      input: input ?? '',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    })
  const create = (repository: string): void => {
    const folder = join(root, `${repository}.git`)
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder])
  }
  return {
    url: listening.url,
    outbound,
    create,
    git,
    commit: (repository, entries, { ref = 'refs/heads/main', ...rest } = {}) => {
      create(repository)
      const hasParent = git(repository, ['for-each-ref', ref]) !== ''
      const stream = importStream(entries, { ref, ...rest }, hasParent)
      git(repository, ['fast-import', '--quiet', '--force'], stream)
      return git(repository, ['rev-parse', ref]).trim()
    },
    close: async () => {
      outbound.close()
      await listening.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Source: git-fast-import(1). */
function importStream(
  entries: Entries,
  options: CommitOptions & { readonly ref: string },
  hasParent: boolean,
): Buffer {
  const { ref, message = 'Change things', time = 1_700_000_000, author } = options
  const who = author ?? 'Ann Author <ann@example.com>'
  const head = [
    `commit ${ref}`,
    `author ${who} ${time} +0000`,
    `committer Carl Committer <carl@example.com> ${time} +0000`,
    `data ${Buffer.byteLength(message)}\n${message}`,
    ...(hasParent ? [`from ${ref}^0`] : []),
    'deleteall',
  ]
  const files = Object.entries(entries).map(([path, entry]) => {
    const { mode, text } = typeof entry === 'string' ? { mode: '100644', text: entry } : entry
    const name = `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
    if (mode === '160000') return Buffer.from(`M 160000 ${text} ${name}\n`)
    const bytes = Buffer.from(text)
    const line = `M ${mode} inline ${name}\ndata ${bytes.length}\n`
    return Buffer.concat([Buffer.from(line), bytes, Buffer.from('\n')])
  })
  return Buffer.concat([Buffer.from(`${head.join('\n')}\n`), ...files, Buffer.from('\n')])
}
