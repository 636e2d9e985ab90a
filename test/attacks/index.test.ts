import { globSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

/** Every case of the list of attacks and faults: A01 to A50. */
const ids = Array.from({ length: 50 }, (_, at) => `A${String(at + 1).padStart(2, '0')}`)

/** The titles of tests and of what groups them. */
const title = /\b(?:it|describe)\b[^'"`\n]*\(\s*(['"`])(.*?)\1/g
/** A title behind a table of cases stands alone on its line, or after the table's end. */
const tableTitle = /(?:^|\]\)|\)|as const\))\s*\(?\s*(['"`])(A\d\d: .*?)\1/gm

it('names every attack and fault in the title of a test', () => {
  const texts = globSync('test/**/*.ts').map((file) => readFileSync(file, 'utf8'))
  const titles = texts.flatMap((text) => [
    ...[...text.matchAll(title)].map(([, , found = '']) => found),
    ...[...text.matchAll(tableTitle)].map(([, , found = '']) => found),
  ])
  const named = new Set(
    titles.flatMap((found) => found.match(/^A\d\d(?=: )|\bA\d\d(?=\)$)/g) ?? []),
  )
  expect(ids.filter((id) => !named.has(id))).toEqual([])
})
