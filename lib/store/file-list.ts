import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrorCode } from '../status/error.ts'
import { parseFileName, pathOfFolder } from './file-names.ts'
import { compareKeys, isInRange } from './key.ts'
import type { ListOptions } from './store.ts'

/** Keys under `prefix` in order. Folders outside the prefix or the range are not opened, and none behind the limit. */
export async function listFiles(
  directory: string,
  prefix: string,
  options: ListOptions,
): Promise<readonly string[]> {
  const keys: string[] = []
  const { limit = Number.POSITIVE_INFINITY } = options
  if (limit <= 0) return keys
  const outer = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  const start: Folder = {
    path: outer === '' ? directory : join(directory, pathOfFolder(outer.slice(0, -1))),
    key: outer,
    begun: '',
  }
  for await (const key of keysIn(start, { ...options, prefix })) {
    keys.push(key)
    if (keys.length >= limit) break
  }
  return keys
}

type Range = ListOptions & { readonly prefix: string }

/** A folder on disk, the start of the keys in it (ends in `/`), and what outer folders hold of a long segment. */
type Folder = { readonly path: string; readonly key: string; readonly begun: string }

type Entry = { readonly key: string; readonly folder?: Folder; readonly isPart?: boolean }

async function* keysIn(folder: Folder, range: Range): AsyncGenerator<string> {
  const entries = namesIn(folder.path).flatMap((name) => entryOf(folder, name))
  if (entries.some((entry) => entry.isPart)) {
    const keys: string[] = []
    for await (const key of keysOf(entries, range)) keys.push(key)
    yield* keys.sort(compareKeys)
  } else {
    yield* keysOf(
      entries.sort((a, b) => compareKeys(a.key, b.key)),
      range,
    )
  }
}

async function* keysOf(entries: readonly Entry[], range: Range): AsyncGenerator<string> {
  for (const { key, folder, isPart } of entries) {
    if (folder === undefined) {
      if (key.startsWith(range.prefix) && isInRange(key, range)) yield key
    } else if (isPart || mayHold(key, range)) {
      yield* keysIn(folder, range)
    }
  }
}

function entryOf(folder: Folder, name: string): readonly Entry[] {
  const parsed = parseFileName(name, folder.begun)
  if (parsed === undefined) return []
  const path = join(folder.path, name)
  if (parsed.type === 'part') {
    return [{ key: folder.key, isPart: true, folder: { ...folder, path, begun: parsed.encoded } }]
  }
  const key = `${folder.key}${parsed.segment}`
  if (parsed.type === 'record') return [{ key }]
  return [{ key: `${key}/`, folder: { path, key: `${key}/`, begun: '' } }]
}

/** False where no key that starts with `start` can be in the range. */
function mayHold(start: string, { prefix, startAfter, endBefore }: Range): boolean {
  if (!start.startsWith(prefix) && !prefix.startsWith(start)) return false
  if (endBefore !== undefined && compareKeys(start, endBefore) >= 0) return false
  if (startAfter === undefined || startAfter.startsWith(start)) return true
  return compareKeys(start, startAfter) > 0
}

/** Without leaving the turn, as records are read: a thread costs more than most folders take. */
function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch (thrown) {
    if (hasErrorCode(thrown, 'ENOENT', 'ENOTDIR')) return []
    throw thrown
  }
}
