import { expect, it } from 'vitest'
import { createFieldLines } from '../../../lib/kustomize/file/field-line.ts'

const text = `# first
resources:
- a.yaml
commonLabels: { a.b/c: d, a: e }
Images:
- name: x
  newTag: 5
patches:
-
  - wrong
metadata: &m
  name: y
`

it.each([
  ['resources', 2],
  ['resources[0]', 3],
  ['resources[7]', 2],
  ['commonLabels.a.b/c', 4],
  ['images[0].newTag', 7],
  ['images[0].nope', 6],
  ['patches', 8],
  ['patches[0][0]', 10],
  ['metadata.name', 12],
  ['nope', undefined],
  ['', undefined],
])('tells the line of %s', (field, line) => {
  expect(createFieldLines(text)(field)).toBe(line)
})

it('tells none where there is none to tell', () => {
  expect(createFieldLines('a: [')('a')).toBeUndefined()
  expect(createFieldLines('')('a')).toBeUndefined()
})
