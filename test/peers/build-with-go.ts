import { cpSync, globSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { runGo } from './go.ts'
import { moduleFolder } from './peers.ts'
import { type Build, buildFlags, linkFlags, type Pin } from './pins.ts'

/** A static program, and the files of its module that running it needs. */
export async function buildWithGo({ pin, work, result, logFile, say }: Build): Promise<void> {
  say('downloading')
  const open = pin.folder === undefined ? copySource : openModule
  const { cwd, module } = await open(pin, work, logFile)
  say('compiling')
  await compile(pin, cwd, join(result, pin.name), logFile)
  copyFiles(pin, module, result)
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
