import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleFunctions, functionNames } from '../../scripts/bundle-functions.ts'

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
const packager = join(root, 'infra/packager/node_modules/osls/bin/serverless.js')

/** Why nothing can be packaged here; undefined where it can. */
export function whyNoPackage(): string | undefined {
  return existsSync(packager) ? undefined : 'the packager is missing: npm run package installs it'
}

/** What `npm run package` makes, in a folder of its own; `environment` is what whoever deploys has set. */
export async function packageStack(
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<PackagedStack> {
  await bundleFunctions(join(folder, 'dist', 'functions'))
  cpSync(join(root, 'serverless.yml'), join(folder, 'serverless.yml'))
  mkdirSync(join(folder, 'infra'))
  const isPackager = (path: string): boolean => path.includes('/infra/packager')
  cpSync(join(root, 'infra'), join(folder, 'infra'), {
    recursive: true,
    filter: (from) => !isPackager(from),
  })
  run(process.execPath, [packager, 'package', '--package', join(folder, 'out')], folder, {
    ...environment,
    SLS_NOTIFICATIONS_MODE: 'off',
    SLS_TELEMETRY_DISABLED: '1',
  })
  const zips = new Map(functionNames.map((name) => [name, join(folder, 'out', `${name}.zip`)]))
  const folders = new Map(functionNames.map((name) => [name, join(folder, 'tasks', name)]))
  for (const [name, zip] of zips)
    run('python3', ['-m', 'zipfile', '-e', zip, folders.get(name) ?? ''], folder)
  const read = (kind: string): string =>
    readFileSync(join(folder, 'out', `cloudformation-template-${kind}-stack.json`), 'utf8')
  return { createTemplate: read('create'), updateTemplate: read('update'), zips, folders }
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>> = {},
): void {
  const env = { ...process.env, ...environment }
  const { status, stdout, stderr, error } = spawnSync(program, [...args], {
    cwd,
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? ''}${stdout}${stderr}`)
}
