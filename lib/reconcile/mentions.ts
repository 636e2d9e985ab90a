import type { TreeFiles } from '../artifact/tree.ts'
import type { ObjectRef } from '../manifest/object.ts'

/**
 * Whether the manifests of a source name an object, read as plain text: for builds that fail, whose objects nobody
 * can tell. A name before or behind a dash counts too, because prefixes, suffixes and hashes are put on by the build.
 * It says yes too often rather than too seldom.
 */
export function createMentions(files: TreeFiles): (ref: ObjectRef) => boolean {
  const kindsByName = new Map<string, ReadonlySet<string>[]>()
  for (const [file, { bytes }] of files) {
    if (!/\.(ya?ml|json)$/.test(file)) continue
    const text = new TextDecoder().decode(bytes)
    const kinds = new Set(valuesOf(text, kindPattern))
    for (const name of new Set(valuesOf(text, namePattern))) {
      const known = kindsByName.get(name) ?? []
      known.push(kinds)
      kindsByName.set(name, known)
    }
  }
  return ({ kind, name }) =>
    partsOf(name).some((part) =>
      kindsByName.get(part)?.some((kinds) => kinds.has(kind) || generated.has(kind)),
    )
}

/** Kinds that a generator makes of nothing but a name. */
const generated: ReadonlySet<string> = new Set(['ConfigMap', 'Secret'])

const kindPattern = /\bkind["']?[ \t]{0,8}:[ \t]{0,8}["']?([A-Za-z0-9]{1,63})/g
const namePattern = /\bname["']?[ \t]{0,8}:[ \t]{0,8}["']?([^\s"'{},#]{1,253})/g

function valuesOf(text: string, pattern: RegExp): readonly string[] {
  return [...text.matchAll(pattern)].map(([, value = '']) => value)
}

/** The name, and what is before and behind each of its dashes. */
function partsOf(name: string): readonly string[] {
  const dashes = [...name.matchAll(/-/g)].map(({ index }) => index)
  return [name, ...dashes.flatMap((at) => [name.slice(0, at), name.slice(at + 1)])]
}
