import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { runGo } from './go.ts'
import { withLock } from './lock.ts'
import { cacheFolder, moduleFolder, peerFolder } from './peers.ts'
import { buildFlags, linkFlags, type PeerName, type Pin, pins } from './pins.ts'

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
    say('downloading')
    const open = pin.folder === undefined ? copySource : openModule
    const { cwd, module } = await open(pin, work, logFile)
    say('compiling')
    await compile(pin, cwd, join(result, pin.name), logFile)
    copyFiles(pin, module, result)
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

type Source = {
  /** Where `go build` runs. */
  readonly cwd: string
  /** Where the program's own module lies. */
  readonly module: string
}

async function openModule(pin: Pin, _work: string, logFile: string): Promise<Source> {
  const cwd = moduleFolder(pin) ?? ''
  await runGo(['mod', 'download', pin.module], { cwd, logFile })
  const module = await runGo(['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', pin.module], {
    cwd,
    logFile,
  })
  return { cwd, module: module.trim() }
}

/**
 * Flux's CLI embeds manifests that its release makes and its module lacks; only `bootstrap` and
 * `install` read them, so an empty one will do. The module cache is read-only, hence the copy.
 */
async function copySource(pin: Pin, work: string, logFile: string): Promise<Source> {
  const query = `${pin.module}@${pin.version}`
  const answer = await runGo(['mod', 'download', '-json', query], { cwd: work, logFile })
  const { dir, sum } = parseDownload(JSON.parse(answer))
  if (sum !== pin.sum) throw new Error(`${query} has the sum ${sum}, pinned is ${pin.sum}`)
  const cwd = join(work, 'source')
  copyTree(dir, cwd)
  const manifests = join(cwd, pin.package, 'manifests')
  mkdirSync(manifests)
  writeFileSync(join(manifests, 'none.yaml'), '# not part of this build\n')
  return { cwd, module: cwd }
}

function parseDownload(answer: unknown): { readonly dir: string; readonly sum: string } {
  const isObject = typeof answer === 'object' && answer !== null
  if (isObject && 'Dir' in answer && 'Sum' in answer) {
    const { Dir: dir, Sum: sum } = answer
    if (typeof dir === 'string' && typeof sum === 'string') return { dir, sum }
  }
  throw new Error('`go mod download -json` named no folder and no sum')
}

/** As cpSync, but folders become writable: those of the module cache are not. */
function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory()) copyTree(source, target)
    else cpSync(source, target)
  }
}

async function compile(pin: Pin, cwd: string, output: string, logFile: string): Promise<void> {
  const ldflags = `${linkFlags} ${pin.ldflags}`.trim()
  await runGo(['build', ...buildFlags, '-ldflags', ldflags, '-o', output, pin.package], {
    cwd,
    logFile,
  })
  if (pin.folder === undefined) return
  const built = await runGo(['version', '-m', output], { cwd, logFile })
  if (!built.includes(`\t${pin.module}\t${pin.version}\t`)) {
    throw new Error(`${pin.name} was not built of ${pin.module} ${pin.version}: see its go.mod`)
  }
}

function copyFiles(pin: Pin, module: string, result: string): void {
  for (const file of globSync([...pin.files], { cwd: module })) {
    if (basename(file) === 'kustomization.yaml') continue
    mkdirSync(join(result, dirname(file)), { recursive: true })
    cpSync(join(module, file), join(result, file))
  }
}
