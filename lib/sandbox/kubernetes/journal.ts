import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, isKubeObject, type KubeObject } from '../../manifest/object.ts'
import { numberIn, textIn } from './json.ts'

/** One change: an object as it is now, or without one that it is gone. */
export type Entry = {
  readonly version: number
  readonly storageKey: string
  /** `<namespace>/<name>`. */
  readonly id: string
  readonly object?: KubeObject
}

/** Where the objects of a cluster outlive its process. */
export type Journal = {
  readonly read: () => readonly Entry[]
  readonly append: (entry: Entry) => void
  /** Replaces everything by these entries, at once or not at all. */
  readonly replace: (entries: readonly Entry[]) => void
  readonly close: () => void
}

const fileName = 'objects.jsonl'

/**
 * Lines of JSON in a folder. A line is handed to the operating system before `append` returns, so that a killed process
 * loses nothing; a line cut short by a crash of the machine is dropped.
 */
export function createFileJournal(directory: string): Journal {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const file = join(directory, fileName)
  let descriptor: number | undefined
  const open = (): number => {
    descriptor ??= openSync(file, 'a', 0o600)
    return descriptor
  }
  const close = (): void => {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }
  return {
    read: () => (existsSync(file) ? parseLines(readFileSync(file, 'utf8')) : []),
    append: (entry) => {
      writeSync(open(), printLine(entry))
    },
    replace: (entries) => {
      close()
      const fresh = `${file}.new`
      rmSync(fresh, { force: true })
      writeFileSync(fresh, entries.map(printLine).join(''), { mode: 0o600 })
      renameSync(fresh, file)
    },
    close,
  }
}

function printLine({ version, storageKey, id, object }: Entry): string {
  return `${JSON.stringify({ version, key: storageKey, id, ...(object && { object }) })}\n`
}

function parseLines(text: string): readonly Entry[] {
  return text.split('\n').flatMap((line) => {
    const entry = line === '' ? undefined : parseLine(line)
    return entry === undefined ? [] : [entry]
  })
}

function parseLine(line: string): Entry | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    if (!isJsonObject(parsed)) return undefined
    const { object } = parsed
    return {
      version: numberIn(parsed, 'version') ?? 0,
      storageKey: textIn(parsed, 'key'),
      id: textIn(parsed, 'id'),
      ...(isKubeObject(object) ? { object } : {}),
    }
  } catch {
    return undefined
  }
}
