/**
 * `npm run package [-- --stage S --region R]`: bundles the functions and packs what a deployment uploads, without network or
 * credentials: `.serverless/<function>.zip` and the CloudFormation. `npm run deploy` uploads it as well.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleFunctions } from './bundle-functions.ts'
import { stageFault } from './stage.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const packager = join(root, 'infra', 'packager')
const [verb = 'package', ...args] = process.argv.slice(2)
const fault = stageFault(args)
if (fault !== undefined) {
  console.error(`✗ ${fault}`)
  process.exit(1)
}

rmSync(join(root, 'dist', 'functions'), { recursive: true, force: true })
for (const { name, staticBytes } of await bundleFunctions(join(root, 'dist', 'functions'))) {
  console.log(`${name.padEnd(10)} ${(staticBytes / 1024).toFixed(0).padStart(4)} KiB`)
}

// A folder of its own: its 144 packages would more than double the time of `npm ci`.
const osls = join(packager, 'node_modules', 'osls', 'bin', 'serverless.js')
if (!existsSync(osls)) run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], packager)
run(process.execPath, [osls, verb, ...args], root)

function run(program: string, given: readonly string[], cwd: string): void {
  const env = { ...process.env, SLS_NOTIFICATIONS_MODE: 'off', SLS_TELEMETRY_DISABLED: '1' }
  const { status, error } = spawnSync(program, [...given], { cwd, env, stdio: 'inherit' })
  if (status === 0) return
  if (error !== undefined) console.error(`✗ ${program}: ${error.message}`)
  process.exit(status ?? 1)
}
