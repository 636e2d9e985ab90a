import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { moduleFolder } from './peers.ts'
import type { Build } from './pins.ts'
import { runLogged } from './run-logged.ts'

/**
 * A virtual environment of what requirements.txt pins by hash, and a script that runs its server. Made by
 * `uv pip compile --generate-hashes --universal --python-version 3.11` from `moto[server]==<version>`.
 */
export async function buildWithPip({ pin, result, logFile, say }: Build): Promise<void> {
  const requirements = join(moduleFolder(pin) ?? '', 'requirements.txt')
  const options = { cwd: result, logFile }
  say('downloading')
  // With the pip that is there: Debian's venv may lack the means to bring one of its own.
  await runLogged('python3', ['-m', 'venv', '--without-pip', 'venv'], options)
  const pip = ['-m', 'pip', '--python', join(result, 'venv', 'bin', 'python')]
  const flags = ['--no-deps', '--require-hashes', '--only-binary', ':all:', '--no-input', '--quiet']
  await runLogged('python3', [...pip, 'install', ...flags, '-r', requirements], options)
  writeFileSync(join(result, pin.name), serverScript)
  chmodSync(join(result, pin.name), 0o755)
}

/** The environment's own scripts name the folder that they were made in. */
const serverScript = `#!/bin/sh
python=$(dirname "$0")/venv/bin/python
if [ "$1" = --version ]; then
  exec "$python" -c 'import moto; print("moto", moto.__version__)'
fi
exec "$python" -m moto.server "$@"
`
