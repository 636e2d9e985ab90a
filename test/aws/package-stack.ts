import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleFunctions, functionNames } from '../../scripts/bundle-functions.ts'
import { runCommand } from '../peers/command.ts'

export type PackagedStack = {
  /** With the deployment bucket alone: a deployment begins with it. */
  readonly createTemplate: string
  readonly updateTemplate: string
  /** Zips by the name of their function. */
  readonly zips: ReadonlyMap<string, string>
  /** Unzipped packages by the name of their function. */
  readonly folders: ReadonlyMap<string, string>
}

const root = join(import.meta.dirname, '../..')
const packagerFile = join(root, 'infra/packager/node_modules/osls/bin/serverless.js')

/** Why nothing can be packaged here; undefined where it can. */
export function whyNoPackage(): string | undefined {
  return existsSync(packagerFile)
    ? undefined
    : 'the packager is missing: npm run package installs it'
}

/** What `npm run package` makes, in a folder of its own; `environment` is what whoever deploys has set. */
export async function packageStack(
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<PackagedStack> {
  await layOut(folder)
  await runProgram(packager(folder, ['package', '--package', join(folder, 'out')], environment))
  const zips = new Map(functionNames.map((name) => [name, join(folder, 'out', `${name}.zip`)]))
  const folders = new Map(functionNames.map((name) => [name, join(folder, 'tasks', name)]))
  for (const [name, zip] of zips)
    await runProgram({
      program: 'python3',
      args: ['-m', 'zipfile', '-e', zip, folders.get(name) ?? ''],
      cwd: folder,
    })
  const read = (kind: string): string =>
    readFileSync(join(folder, 'out', `cloudformation-template-${kind}-stack.json`), 'utf8')
  return { createTemplate: read('create'), updateTemplate: read('update'), zips, folders }
}

/** `npm run deploy` from a folder of its own; what the packager says. */
export async function deployStack(
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  await layOut(folder)
  return await runProgram(packager(folder, ['deploy', '--stage', 'dev'], environment))
}

/** The bundles and what describes the stack. */
async function layOut(folder: string): Promise<void> {
  await bundleFunctions(join(folder, 'dist', 'functions'))
  cpSync(join(root, 'serverless.yml'), join(folder, 'serverless.yml'))
  mkdirSync(join(folder, 'infra'))
  const isPackager = (path: string): boolean => path.includes('/infra/packager')
  cpSync(join(root, 'infra'), join(folder, 'infra'), {
    recursive: true,
    filter: (from) => !isPackager(from),
  })
}

type Run = {
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
}

function packager(cwd: string, args: readonly string[], env: Run['env'] = {}): Run {
  const quiet = { SLS_NOTIFICATIONS_MODE: 'off', SLS_TELEMETRY_DISABLED: '1' }
  return {
    program: process.execPath,
    args: [packagerFile, ...args],
    cwd,
    env: { ...env, ...quiet },
  }
}

/** Not synchronously: what it talks to may live in this process. */
async function runProgram({ program, args, cwd, env = {} }: Run): Promise<string> {
  const { code, stdout, stderr } = await runCommand(program, args, { cwd, env, timeoutMs: 600_000 })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout + stderr
}
