import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'

export type GitOptions = {
  /** What the client said in `Git-Protocol`. */
  readonly protocol?: string | undefined
  readonly searchPath?: string | undefined
}

/** Ref name → commit (or tag object) it points at. */
export type RepositoryRefs = ReadonlyMap<string, string>

const defaultSearchPath = '/usr/local/bin:/opt/homebrew/bin:/usr/bin:/bin'

/** Settings that make the system's git the same everywhere, whatever its user configured. */
const settings: Readonly<Record<string, string>> = {
  'safe.directory': '*',
  // As hosts do: any commit can be asked for by its id, and blobs can be left out.
  'uploadpack.allowAnySHA1InWant': 'true',
  'uploadpack.allowFilter': 'true',
  // Nothing runs on after the answer, and no hook of a repository runs at all.
  'receive.autogc': 'false',
  'core.hooksPath': '/dev/null',
}

/** Starts git with an environment of its own: no user, no system configuration, no prompt. */
export function spawnGit(
  args: readonly string[],
  options: GitOptions = {},
): ChildProcessWithoutNullStreams {
  const git = spawn('git', args, { env: environment(options), stdio: ['pipe', 'pipe', 'pipe'] })
  // Its complaints are the client's business only as far as the protocol carries them.
  git.stderr.resume()
  git.stdin.on('error', () => undefined)
  git.on('error', () => git.stdout.destroy(new Error('git could not be started')))
  return git
}

export async function createBareRepository(folder: string, searchPath?: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const args = ['init', '--quiet', '--bare', '--template=', '--initial-branch=main', folder]
  await runGit(args, searchPath)
}

export async function readRefs(folder: string, searchPath?: string): Promise<RepositoryRefs> {
  const format = '--format=%(objectname) %(refname)'
  const text = await runGit(['--git-dir', folder, 'for-each-ref', format], searchPath)
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => [line.slice(line.indexOf(' ') + 1), line.split(' ', 1)[0] ?? '']),
  )
}

async function runGit(args: readonly string[], searchPath: string | undefined): Promise<string> {
  const git = spawnGit(args, { searchPath })
  git.stdin.end()
  const code = new Promise<number | null>((resolve) => git.once('close', resolve))
  const chunks: Buffer[] = []
  for await (const chunk of git.stdout) chunks.push(Buffer.from(chunk))
  const exit = await code
  if (exit !== 0) throw new Error(`git ${args[0] ?? ''} ended with ${exit}`)
  return Buffer.concat(chunks).toString('utf8')
}

function environment({ protocol, searchPath }: GitOptions): Record<string, string> {
  const entries = Object.entries(settings)
  const pairs = entries.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ])
  return {
    PATH: searchPath ?? defaultSearchPath,
    HOME: '/nonexistent',
    LANG: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(pairs),
    ...(protocol === undefined || protocol === '' ? {} : { GIT_PROTOCOL: protocol }),
  }
}
