import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A clone on disk that is edited and pushed with the system's git, as a person would. */
export type WorkingCopy = {
  /** Changes one file; `change` gets its text. */
  readonly edit: (path: string, change: (text: string) => string) => Promise<void>
  readonly remove: (path: string) => Promise<void>
  /** Commits all there is and pushes it; the commit's sha. */
  readonly push: (subject: string) => Promise<string>
}

const author = { GIT_AUTHOR_NAME: 'Ada Lovelace', GIT_AUTHOR_EMAIL: 'ada@example.com' }
const committer = { GIT_COMMITTER_NAME: 'Ada Lovelace', GIT_COMMITTER_EMAIL: 'ada@example.com' }

/** A working copy that begins with the files of `template`, each text passed through `fill`. */
export async function createWorkingCopy(
  folder: string,
  remote: string,
  template: string,
  fill: (text: string) => string,
): Promise<WorkingCopy> {
  await mkdir(folder, { recursive: true })
  await cp(template, folder, { recursive: true })
  for (const path of await listFiles(folder)) {
    await writeFile(path, fill(await readFile(path, 'utf8')))
  }
  const git = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('git', args, { cwd: folder, env: gitEnvironment() })
    return stdout.trim()
  }
  await git('init', '--quiet', '--initial-branch=main')
  await git('remote', 'add', 'origin', remote)
  return {
    edit: async (path, change) => {
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      const text = await readFile(file, 'utf8').catch(() => '')
      await writeFile(file, change(text))
    },
    remove: (path) => rm(join(folder, path)),
    push: async (subject) => {
      await git('add', '--all')
      await git('commit', '--quiet', '--message', subject)
      await git('push', '--quiet', 'origin', 'main')
      return git('rev-parse', 'HEAD')
    },
  }
}

/** Nothing of the user's own configuration: no signing, no hooks, no templates. */
function gitEnvironment(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_TERMINAL_PROMPT: '0',
    ...author,
    ...committer,
  }
}

async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  return entries
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('/.git'))
    .map((entry) => join(entry.parentPath, entry.name))
}
