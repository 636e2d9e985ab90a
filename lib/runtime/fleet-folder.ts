import { statSync, watch } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, sep } from 'node:path'
import { type Fleet, type FleetFile, loadFleet } from '../fleet/load.ts'

const maxFiles = 10_000
const maxFileBytes = 8 * 1024 * 1024

/** Reads a fleet from one file or a folder with all below it (`.yaml`, `.yml`; names that begin with a dot are left out). */
export async function readFleet(path: string): Promise<Fleet> {
  return loadFleet(await readFleetFiles(path))
}

/** The files of a fleet as they are, in the order of their names. */
export async function readFleetFiles(path: string): Promise<readonly FleetFile[]> {
  const found = await stat(path)
  const paths = found.isDirectory() ? await listYaml(path) : [path]
  const base = found.isDirectory() ? path : ''
  return Promise.all(paths.map((file) => readFleetFile(file, base)))
}

async function readFleetFile(file: string, base: string): Promise<FleetFile> {
  const name = base === '' ? file : relative(base, file)
  const { size } = await stat(file)
  // `loadFleet` reports a text that is too long; reading that much would do no good.
  if (size > maxFileBytes) return { file: name, text: ' '.repeat(maxFileBytes + 1) }
  return { file: name, text: await readFile(file, 'utf8') }
}

async function listYaml(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  const paths = entries
    .filter((entry) => !entry.isDirectory() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !isHidden(relative(folder, path)))
    .sort()
  // Leaving some out would look as if their objects had left.
  if (paths.length > maxFiles) {
    throw new Error(`${folder} holds ${paths.length} YAML files; a fleet has at most ${maxFiles}`)
  }
  return paths
}

function isHidden(path: string): boolean {
  return path.split(sep).some((part) => part.startsWith('.'))
}

/** Calls `changed` shortly after something below `path` changed; returns what stops it. */
export function watchFleet(path: string, changed: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  // Editors put a new file in the place of the old one; whoever watches the file goes on looking at the old.
  const isFile = statSync(path).isFile()
  const watcher = watch(isFile ? dirname(path) : path, { recursive: !isFile }, (_, name) => {
    if (isFile && name !== null && name !== basename(path)) return
    clearTimeout(timer)
    timer = setTimeout(changed, settleMs)
  })
  watcher.on('error', changed)
  return () => {
    clearTimeout(timer)
    watcher.close()
  }
}

/** Editors write a file in several steps; the last one counts. */
const settleMs = 150
