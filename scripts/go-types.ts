import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What becomes of an empty value: left out, written as its zero, or (a pointer) written as it is. */
export type ZeroRule = 'omit' | 'keep' | 'pointer'

/** How a field of a Go type is written. */
export type GoField = {
  readonly rule: ZeroRule
  /** Its number in protobuf, behind those of the messages that JSON has inlined; none where it is not sent. */
  readonly numbers: readonly number[]
}

type Field = GoField & { readonly name: string; readonly embeds?: string }

const packages = new Map<string, ReadonlyMap<string, readonly Field[]>>()

/**
 * JSON field → how it is written, for the Go type behind an OpenAPI definition such as
 * `io.k8s.api.apps.v1.DeploymentSpec`; empty where the type is not found in the module cache.
 */
export function readGoTypes(
  moduleCache: string,
  definition: string,
  version: string,
): ReadonlyMap<string, GoField> {
  const parts = definition.replace(/^io\.k8s\./, '').split('.')
  const [module = '', ...rest] = parts.slice(0, -1)
  const staging = version.replace(/^v1\./, 'v0.')
  const folder = join(moduleCache, `k8s.io/${module}@${staging}`, ...rest)
  const known = packages.get(folder) ?? readPackage(folder)
  packages.set(folder, known)
  return new Map(fieldsOf(known, parts.at(-1) ?? '').map((field) => [field.name, field]))
}

function fieldsOf(types: ReadonlyMap<string, readonly Field[]>, type: string): readonly Field[] {
  return (types.get(type) ?? []).flatMap((field) =>
    field.embeds === undefined
      ? [field]
      : fieldsOf(types, field.embeds).map((inner) => ({
          ...inner,
          numbers: [...field.numbers, ...inner.numbers],
        })),
  )
}

function readPackage(folder: string): ReadonlyMap<string, readonly Field[]> {
  const types = new Map<string, readonly Field[]>()
  for (const file of globSync(join(folder, '*.go'))) {
    const text = readFileSync(file, 'utf8')
    for (const [, name = '', body = ''] of text.matchAll(/^type (\w+) struct \{\n(.*?)^\}/gms)) {
      types.set(name, body.split('\n').flatMap(readField))
    }
  }
  return types
}

function readField(line: string): readonly Field[] {
  const [, names = '', type = '', tag = ''] =
    /^\t(\w+)?\s*(\S*)\s+`.*?json:"([^"]*)"/.exec(line) ?? []
  if (tag === '') return []
  const [name = '', ...options] = tag.split(',')
  if (name === '-') return []
  const [, number] = /protobuf:"\w+,(\d+),/.exec(line) ?? []
  const numbers = number === undefined ? [] : [Number(number)]
  const goType = type === '' ? names : type
  if (name === '') return [{ name, rule: 'omit', numbers, embeds: goType.replace(/^\*/, '') }]
  if (goType.startsWith('*')) return [{ name, rule: 'pointer', numbers }]
  const isOmitted = options.includes('omitempty') || options.includes('omitzero')
  return [{ name, rule: isOmitted ? 'omit' : 'keep', numbers }]
}
