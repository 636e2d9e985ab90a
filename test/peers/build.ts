import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { buildWithGo } from './build-with-go.ts'
import { buildWithNpm } from './build-with-npm.ts'
import { buildWithPip } from './build-with-pip.ts'
import { withLock } from './lock.ts'
import { cacheFolder, peerFolder } from './peers.ts'
import { type Build, type PeerName, type Pin, pins, type Toolchain } from './pins.ts'

const builders: Readonly<Record<Toolchain, (build: Build) => Promise<void>>> = {
  go: buildWithGo,
  python: buildWithPip,
  npm: buildWithNpm,
}

/** A build that failed; the log tells why. */
export class PeerBuildError extends Error {
  readonly logFile: string

  constructor(name: PeerName, logFile: string, cause: unknown) {
    super(`${name} could not be built: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
    this.logFile = logFile
  }
}

/**
 * Builds one program into a folder of its own and moves that into place, so that whoever looks sees
 * all of it or nothing. Another process that builds the same program is waited for.
 */
export async function buildPeer(name: PeerName, say: (step: string) => void): Promise<void> {
  const target = peerFolder(name)
  const lock = join(cacheFolder(), 'locks', `${basename(target)}.lock`)
  await withLock(
    lock,
    (holder) => say(`waiting for ${holder}`),
    async () => {
      if (!existsSync(target)) await buildInto(target, pins[name], say)
    },
  )
}

async function buildInto(target: string, pin: Pin, say: (step: string) => void): Promise<void> {
  const logFile = `${target}.log`
  const work = makeWorkFolder(`building-${basename(target)}-`)
  const discard = (): void => rmSync(work, { recursive: true, force: true })
  process.once('exit', discard)
  try {
    writeFileSync(logFile, '')
    const result = join(work, 'result')
    mkdirSync(result)
    await builders[pin.toolchain]({ pin, work, result, logFile, say })
    renameSync(result, target)
    rmSync(logFile, { force: true })
  } catch (cause) {
    throw new PeerBuildError(pin.name, logFile, cause)
  } finally {
    process.removeListener('exit', discard)
    discard()
  }
}

/** Under the lock, so folders of the same program belong to builds that were killed. */
function makeWorkFolder(prefix: string): string {
  for (const name of readdirSync(cacheFolder())) {
    if (name.startsWith(prefix)) rmSync(join(cacheFolder(), name), { recursive: true, force: true })
  }
  return mkdtempSync(join(cacheFolder(), prefix))
}
