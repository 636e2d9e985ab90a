import { readFileSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { buildPeer, PeerBuildError } from './build.ts'
import { cacheFolder, everydayPeers, kubebuilderAsset, peerPath } from './peers.ts'
import { awsPeers, type PeerName, peerNames, pins } from './pins.ts'
import { secondsSince, startProgress } from './progress.ts'
import { toolFault } from './tool-fault.ts'

const usage = `Builds the reference programs that tests and benchmarks compare Driftless with.

Usage: npm run peers [-- [name…] [--bench]]

  name     build only these: ${peerNames.slice(0, 5).join(', ')},
           ${peerNames.slice(5, 10).join(', ')},
           ${peerNames.slice(10).join(', ')};
           aws means ${awsPeers.join(', ')}
  --bench  add Flux's source-controller and kustomize-controller
  --help   show this

Examples:
  npm run peers
  npm run peers -- kustomize
  npm run peers -- aws
  npm run peers -- --bench

They are kept in ${cacheFolder()} (XDG_CACHE_HOME moves it). etcd, kube-apiserver and
kubectl are taken from KUBEBUILDER_ASSETS where that is set. Go 1.26 or newer is needed to build,
Python 3.11 with venv for moto, and cmake, make and g++ for aws-lambda-ric.
`

type Row = {
  readonly name: PeerName
  readonly version: string
  readonly seconds: string
  readonly path: string
}

/** Exit codes: 0 all is there, 1 something could not be built, 2 wrong usage. */
async function main(args: readonly string[]): Promise<number> {
  const request = parseRequest(args)
  if (typeof request === 'string') {
    process.stderr.write(`${request}\n\n${usage}`)
    return 2
  }
  if (request.isHelp) {
    process.stdout.write(usage)
    return 0
  }
  const missing = request.names.filter((name) => peerPath(name) === undefined)
  const toolchains = [...new Set(missing.map((name) => pins[name].toolchain))]
  const faults = toolchains.map(toolFault).filter((fault) => fault !== undefined)
  if (faults.length > 0) {
    process.stderr.write(`${faults.join('\n')}\nNot installed: ${missing.join(', ')}\n`)
    return 1
  }
  const rows: Row[] = []
  for (const name of request.names) rows.push(await install(name))
  process.stdout.write(table(rows))
  return rows.every(({ name }) => peerPath(name) !== undefined) ? 0 : 1
}

type Request = { readonly names: readonly PeerName[]; readonly isHelp: boolean }

function parseRequest(args: readonly string[]): Request | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { bench: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
    const asked = positionals.flatMap((name): readonly string[] =>
      name === 'aws' ? awsPeers : [name],
    )
    const unknown = asked.filter((name) => !peerNames.some((known) => known === name))
    if (unknown.length > 0) return `unknown program: ${unknown.join(', ')}`
    const everyday = positionals.length === 0 ? everydayPeers : []
    const names = peerNames.filter(
      (name) =>
        asked.includes(name) ||
        everyday.includes(name) ||
        (values.bench === true && pins[name].isForBench),
    )
    return { names, isHelp: values.help === true }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

async function install(name: PeerName): Promise<Row> {
  const start = Date.now()
  const version = kubebuilderAsset(name) === undefined ? pins[name].version : 'KUBEBUILDER_ASSETS'
  const present = peerPath(name)
  if (present !== undefined) return { name, version, seconds: 'cached', path: present }
  const progress = startProgress(`${name} ${version}`)
  try {
    await buildPeer(name, progress.say)
    progress.end('ready')
    return { name, version, seconds: secondsSince(start), path: peerPath(name) ?? '' }
  } catch (error) {
    progress.end('failed')
    report(error)
    const path = error instanceof PeerBuildError ? error.logFile : ''
    return { name, version, seconds: 'failed', path }
  }
}

function report(error: unknown): void {
  process.stderr.write(`\n${error instanceof Error ? error.message : error}\n`)
  if (!(error instanceof PeerBuildError)) return
  const tail = readFileSync(error.logFile, 'utf8').trimEnd().split('\n').slice(-20)
  process.stderr.write(`${tail.map((line) => `  ${line}`).join('\n')}\nlog: ${error.logFile}\n\n`)
}

function table(rows: readonly Row[]): string {
  const cells = rows.map(({ name, version, seconds, path }) => [
    name,
    version,
    seconds,
    sizeOf(path),
    path,
  ])
  const lines = [['PROGRAM', 'VERSION', 'SECONDS', 'MB', 'PATH'], ...cells]
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  )
  return lines
    .map((line) => `${line.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}\n`)
    .join('')
}

function sizeOf(path: string): string {
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  return (sizeBytes / 1e6).toFixed(0)
}

process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
process.exitCode = await main(process.argv.slice(2))
