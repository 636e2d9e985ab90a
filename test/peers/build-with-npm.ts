import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { moduleFolder } from './peers.ts'
import type { Build } from './pins.ts'
import { runLogged } from './run-logged.ts'

/**
 * AWS's runtime client, whose native half is compiled here: its own script makes the libraries; node-gyp is left out,
 * because it fetches Node's headers from where no registry is, and of them only the stable Node-API is used.
 */
export async function buildWithNpm({ pin, work, result, logFile, say }: Build): Promise<void> {
  say('downloading')
  cpSync(moduleFolder(pin) ?? '', work, { recursive: true })
  await runLogged('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: work,
    logFile,
  })
  say('compiling')
  const modules = join(work, 'node_modules')
  const cwd = join(modules, pin.module)
  await runLogged('./scripts/preinstall.sh', [], { cwd, logFile })
  mkdirSync(join(cwd, 'headers'))
  for (const header of unusedHeaders) writeFileSync(join(cwd, 'headers', header), '')
  await runLogged('g++', compilerArgs, { cwd, logFile })
  for (const file of [...clientFiles, '../@aws/lambda-invoke-store']) {
    const target = join(result, 'node_modules', pin.module, file)
    cpSync(join(cwd, file), target, { recursive: true })
  }
  writeFileSync(join(result, pin.name), clientScript)
  chmodSync(join(result, pin.name), 0o755)
}

/** Included by the client's source, which uses nothing of them. */
const unusedHeaders = ['node.h', 'uv.h', 'v8.h']

const clientFiles = ['index.mjs', 'package.json', 'rapid-client.node', 'LICENSE', 'NOTICE']

const compilerArgs = [
  ...['-std=c++17', '-O2', '-fPIC', '-shared', '-o', 'rapid-client.node'],
  ...['-DNODE_GYP_MODULE_NAME=rapid_client', '-DBUILDING_NODE_EXTENSION', '-DNAPI_CPP_EXCEPTIONS'],
  ...[
    '-Iheaders',
    '-I../node-api-headers/include',
    '-I../node-addon-api',
    '-Ideps/artifacts/include',
  ],
  'src/native/rapid-client.cc',
  ...['deps/artifacts/lib/libaws-lambda-runtime.a', 'deps/artifacts/lib/libcurl.a', '-pthread'],
]

const clientScript = `#!/bin/sh
client=$(cd "$(dirname "$0")" && pwd)/node_modules/aws-lambda-ric
if [ "$1" = --version ]; then
  exec "\${NODE:-node}" -p "require('$client/package.json').version"
fi
exec "\${NODE:-node}" "$client/index.mjs" "$@"
`
