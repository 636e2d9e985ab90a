import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** Writes the declarations of one module, and of all that they name, below `target`. */
export function buildTypes(entry: string, target: string): void {
  const emitted = mkdtempSync(join(tmpdir(), 'driftless-types-'))
  try {
    emit(entry, emitted)
    rmSync(target, { recursive: true, force: true })
    for (const file of reachable(emitted, entry.replace(/^lib\//, ''))) {
      const to = join(target, declarationOf(file))
      mkdirSync(dirname(to), { recursive: true })
      copyFileSync(join(emitted, declarationOf(file)), to)
      writeFileSync(to, readFileSync(to, 'utf8').replaceAll(relativeImport, "$1.js'"))
    }
  } finally {
    rmSync(emitted, { recursive: true, force: true })
  }
}

const relativeImport = /(from '\.[^']*)\.ts'/g

/** Types are checked elsewhere; here they are only written down. */
function emit(entry: string, outDir: string): void {
  const compiler = join('node_modules', 'typescript', 'bin', 'tsc')
  const flags = ['--ignoreConfig', '--declaration', '--emitDeclarationOnly', '--noCheck']
  const language = ['--module', 'nodenext', '--target', 'es2023', '--lib', 'es2024,dom']
  const imports = ['--allowImportingTsExtensions', '--types', '']
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [compiler, ...flags, ...language, ...imports, '--rootDir', 'lib', '--outDir', outDir, entry],
    { encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`tsc: ${stdout}${stderr}`)
}

function reachable(folder: string, entry: string): ReadonlySet<string> {
  const found = new Set([entry])
  for (const file of found) {
    const text = readFileSync(join(folder, declarationOf(file)), 'utf8')
    for (const [, path = ''] of text.matchAll(/from '(\.[^']*)'/g)) {
      found.add(join(dirname(file), path))
    }
  }
  return found
}

function declarationOf(file: string): string {
  return file.replace(/\.ts$/, '.d.ts')
}
