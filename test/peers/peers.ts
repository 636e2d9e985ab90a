import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { buildFlags, type PeerName, type Pin, peerNames, pins, type Toolchain } from './pins.ts'

/** Where a reference program is installed, or `undefined` where `npm run peers` has not built it. */
export function peerPath(name: PeerName): string | undefined {
  const asset = kubebuilderAsset(name)
  if (asset !== undefined) return asset
  const path = join(peerFolder(name), name)
  return existsSync(path) ? path : undefined
}

/** As `peerPath`, for callers who already know that it is there. Throws with the remedy. */
export function requirePeer(name: PeerName): string {
  const path = peerPath(name)
  if (path === undefined) throw new Error(`${name} is not installed: ${remedy([name])}`)
  return path
}

/** The file of KUBEBUILDER_ASSETS that stands in for a build of ours. */
export function kubebuilderAsset(name: PeerName): string | undefined {
  const folder = process.env.KUBEBUILDER_ASSETS
  if (!folder || !pins[name].isKubebuilderAsset) return undefined
  const path = join(folder, name)
  return existsSync(path) ? path : undefined
}

/** Programs that everybody needs; those for the benchmark are left out. */
export const everydayPeers: readonly PeerName[] = peerNames.filter((name) => !pins[name].isForBench)

export function missingPeers(names: readonly PeerName[] = everydayPeers): readonly PeerName[] {
  return names.filter((name) => peerPath(name) === undefined)
}

/** The command that installs these programs. */
export function remedy(names: readonly PeerName[]): string {
  const isEveryday = everydayPeers.every((name) => names.includes(name))
  return isEveryday ? 'npm run peers' : `npm run peers -- ${names.join(' ')}`
}

/** Folder of one program and the files that came with it; another recipe is another folder. */
export function peerFolder(name: PeerName): string {
  const { version } = pins[name]
  return join(cacheFolder(), `${name}-${version}-${recipeHash(pins[name])}`)
}

/** Outside the checkout, so that clones share it and `git clean` leaves it alone. */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(base, 'driftless-peers')
}

/** Folder with the lock file that pins a program, if it is not copied whole. */
export function moduleFolder(pin: Pin): string | undefined {
  return pin.folder && join(import.meta.dirname, 'modules', pin.folder)
}

const lockFiles: Readonly<Record<Toolchain, readonly string[]>> = {
  go: ['go.mod', 'go.sum'],
  python: ['requirements.txt'],
  npm: ['package.json', 'package-lock.json'],
}

function recipeHash(pin: Pin): string {
  const hash = createHash('sha256')
  const { package: program, sum, ldflags, files } = pin
  hash.update(JSON.stringify([program, sum, ldflags, files, buildFlags]))
  hash.update(`${process.platform} ${process.arch}`)
  const folder = moduleFolder(pin)
  for (const file of folder === undefined ? [] : lockFiles[pin.toolchain]) {
    hash.update(readFileSync(join(folder ?? '', file)))
  }
  return hash.digest('hex').slice(0, 12)
}
