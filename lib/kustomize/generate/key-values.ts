import { BuildError } from '../build-error.ts'
import type { GeneratorArgs } from '../file/kustomization-file.ts'
import { at, decodeText, loadFile, type Place } from '../load/loader.ts'
import type { Session } from '../session.ts'

/** What a generated ConfigMap or Secret holds: texts of literals and env files, bytes of files. */
export type KeyValues = ReadonlyMap<string, Uint8Array>

/** Reads the sources of a generator in the order envs, literals, files. A key may stand in them once. */
export function readKeyValues(session: Session, place: Place, args: GeneratorArgs): KeyValues {
  const where = `${at(place)}generator '${args.name}'`
  const pairs = new Map<string, Uint8Array>()
  const add = (key: string, value: Uint8Array): void => {
    if (pairs.has(key)) {
      throw new BuildError(
        'InvalidGenerator',
        `${where}: the key '${key}' stands in its sources twice; remove one`,
        { data: { key } },
      )
    }
    pairs.set(key, value)
  }
  for (const path of args.envs) addLines(loadFile(session, place, path), `${where}: '${path}'`, add)
  for (const literal of args.literals) addLiteral(literal, where, add)
  for (const source of args.files) {
    const { key, path } = splitFileSource(source, where)
    add(key, loadFile(session, place, path))
  }
  return pairs
}

type Add = (key: string, value: Uint8Array) => void

const encoder = new TextEncoder()

function addLiteral(literal: string, where: string, add: Add): void {
  const cut = literal.indexOf('=')
  if (cut < 1) {
    throw new BuildError(
      'InvalidGenerator',
      `${where}: a literal has no key; write it as key=value`,
    )
  }
  add(literal.slice(0, cut), encoder.encode(withoutQuotes(literal.slice(cut + 1))))
}

function withoutQuotes(value: string): string {
  const first = value[0]
  const isQuoted = value.length > 1 && (first === '"' || first === "'") && value.endsWith(first)
  return isQuoted ? value.slice(1, -1) : value
}

/** A line without `=` is a key without a value; white space before the key goes, no other does. */
function addLines(bytes: Uint8Array, where: string, add: Add): void {
  const lines = decodeText(bytes, where).split('\n')
  if (lines.at(-1) === '') lines.pop()
  for (const written of lines) {
    const line = written.replace(/\r$/, '').replace(leadingSpace, '')
    if (line === '' || line.startsWith('#')) continue
    const cut = line.indexOf('=')
    const key = cut < 0 ? line : line.slice(0, cut)
    if (key !== '') add(key, encoder.encode(cut < 0 ? '' : line.slice(cut + 1)))
  }
}

/** What Go takes for white space. */
const leadingSpace = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/

/** `[key=]path`; without a key the name of the file is the key. */
function splitFileSource(source: string, where: string): { key: string; path: string } {
  const cut = source.indexOf('=')
  if (cut < 0) return { key: baseName(source), path: source }
  const key = source.slice(0, cut)
  const path = source.slice(cut + 1)
  if (key === '' || path === '' || path.includes('=')) {
    throw new BuildError(
      'InvalidGenerator',
      `${where}: '${source}' is no file source; write it as path or key=path`,
    )
  }
  return { key, path }
}

function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, '')
  if (trimmed === '') return path === '' ? '.' : '/'
  return trimmed.slice(trimmed.lastIndexOf('/') + 1)
}
