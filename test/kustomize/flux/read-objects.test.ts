import { expect, it } from 'vitest'
import { readObjects } from '../../../lib/kustomize/flux/read-objects.ts'
import type { JsonObject } from '../../../lib/manifest/object.ts'

const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'a' } }

function read(...documents: JsonObject[]) {
  const warnings: string[] = []
  const objects = readObjects(documents, (warning) => warnings.push(warning))
  return { objects, warnings }
}

it('leaves objects as they are', () => {
  const document = { ...widget, spec: { items: [1, { a: [9_007_199_254_740_991] }] } }
  expect(read(document).objects[0]).toBe(document)
})

it('says what vanishes because it looks like an empty list', () => {
  expect(read({ ...widget, items: [] })).toEqual({
    objects: [],
    warnings: ["Widget 'a' is left out: to Flux its 'items' make it a list, and it holds nothing"],
  })
})

it('refuses items that are no objects', () => {
  expect(() => read({ ...widget, items: [{ name: 'a' }] })).toThrow(
    /^Widget 'a': to Flux its 'items' make it a list of objects, whose apiVersion/,
  )
})

it('refuses an apiVersion that cannot be split', () => {
  expect(() => read({ ...widget, apiVersion: 'a/b/c' })).toThrow(
    "Widget 'a': apiVersion 'a/b/c' has more than one slash; write group/version",
  )
})
