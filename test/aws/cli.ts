import { join } from 'node:path'
import { runCommand } from '../peers/command.ts'
import { accessKey, region, secretKey } from './moto.ts'
import type { World } from './world.ts'

const entry = join(import.meta.dirname, '../../lib/cli/entry.ts')

/** Runs `driftless` as somebody with credentials for the account; its stdout. Throws where it fails. */
export async function driftless(world: World, ...args: readonly string[]): Promise<string> {
  const stack = ['--stage', 'dev', '--region', region]
  const { code, stdout, stderr } = await runCommand(process.execPath, [entry, ...args, ...stack], {
    cwd: world.folder,
    env: {
      AWS_ENDPOINT_URL: world.moto.url,
      AWS_ACCESS_KEY_ID: accessKey,
      AWS_SECRET_ACCESS_KEY: secretKey,
      AWS_REGION: region,
      NO_COLOR: '1',
    },
  })
  if (code !== 0) throw new Error(`driftless ${args.join(' ')}: ${code}\n${stdout}${stderr}`)
  return stdout + stderr
}
