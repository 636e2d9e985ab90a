import { fieldDocuments, type Part } from './field-documents.ts'
import type { FuzzCase } from './make-case.ts'
import { createRandom } from './random.ts'

/**
 * Every field of every plugin and of every entry of a kustomization, each with every odd value, in an order that the
 * seed shuffles: what Go reads there depends on the library and on how its structs are nested.
 */
export function oddFieldCases(seed: string): FuzzCase[] {
  const cases = fieldDocuments().flatMap(({ document, toFiles }) =>
    pathsOf(document).flatMap((path) =>
      oddValues.map((odd) => inFolder(toFiles(write(document, path, odd)))),
    ),
  )
  return createRandom(seed).shuffle(cases)
}

function inFolder(files: Readonly<Record<string, string>>): FuzzCase {
  const entries = Object.entries(files).map(([name, text]) => [`folder/${name}`, text])
  return { args: ['folder'], files: Object.fromEntries(entries) }
}

/**
 * As they stand in YAML. Left out, because we keep no trace of how a float was written in a file of its own: `1e6`,
 * `-0.0` and `.inf`.
 */
const oddValues: readonly string[] = [
  ...[
    'true',
    '5',
    '1.5',
    '1.23456789',
    '010',
    '1.0',
    'null',
    '2020-01-01',
    '123456789012345678901',
  ],
  ...['"5"', '""', '[]', '{}', '[1]', '[a]', '[null]', '{a: b}', '{a: 1}'],
]

type Path = readonly (string | number)[]

/** The paths of all values below the root; what a plugin is stays. */
function pathsOf(part: Part, path: Path = []): Path[] {
  const own = path.length === 0 || path[0] === 'apiVersion' || path[0] === 'kind' ? [] : [path]
  if (typeof part !== 'object') return own
  const children = Array.isArray(part)
    ? part.map((child: Part, index) => pathsOf(child, [...path, index]))
    : Object.entries(part).map(([key, child]) => pathsOf(child, [...path, key]))
  return [...own, ...children.flat()]
}

/** The document in flow style, with another value at the path. */
function write(part: Part, path: Path | undefined, odd: string): string {
  if (path?.length === 0) return odd
  const [head, ...rest] = path ?? []
  const below = (key: string | number): Path | undefined => (key === head ? rest : undefined)
  if (Array.isArray(part)) {
    return `[${part.map((child: Part, index) => write(child, below(index), odd)).join(', ')}]`
  }
  if (typeof part !== 'object') return JSON.stringify(part)
  const fields = Object.entries(part).map(
    ([key, child]) => `${key}: ${write(child, below(key), odd)}`,
  )
  return `{${fields.join(', ')}}`
}
