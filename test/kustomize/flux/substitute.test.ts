// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how the dialect is written
import { expect, it } from 'vitest'
import { substitute } from '../../../lib/kustomize/flux/substitute.ts'
import type { JsonObject } from '../../../lib/manifest/object.ts'

const configMap = (data: JsonObject, metadata: JsonObject = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'n', ...metadata },
  data,
})
const options = { isStrict: false, strategy: 'WithVariables' } as const
const variables = new Map([
  ['n', '5'],
  ['lines', 'a\nb'],
])

it('reads the text of an object again, so that quotes get lost', () => {
  const [object] = substitute(
    [configMap({ a: '${n}', b: 'x${n}', '${n}k': 'v' })],
    variables,
    options,
  )
  expect(object).toEqual(configMap({ a: 5, b: 'x5', '5k': 'v' }))
})

it('keeps types and dollars in careful mode', () => {
  const [object] = substitute([configMap({ a: '${n}', b: '$$ ${{ x }}' })], variables, {
    ...options,
    isCareful: true,
  })
  expect(object).toEqual(configMap({ a: '5', b: '$$ ${{ x }}' }))
})

it('removes line breaks from values', () => {
  expect(substitute([configMap({ a: '${lines}' })], variables, options)).toEqual([
    configMap({ a: 'ab' }),
  ])
})

it.each(['labels', 'annotations'])('leaves objects alone that opt out by %s', (field) => {
  const object = configMap(
    { a: '${n' },
    { [field]: { 'kustomize.toolkit.fluxcd.io/substitute': 'disabled' } },
  )
  expect(substitute([object], variables, options)).toEqual([object])
})

it('does nothing without variables, unless it is always to be done', () => {
  const object = configMap({ a: '${none:-d}' })
  expect(substitute([object], new Map(), options)).toEqual([object])
  expect(substitute([object], new Map(), { ...options, strategy: 'Always' })).toEqual([
    configMap({ a: 'd' }),
  ])
})

it('names the object and the fault as Flux does', () => {
  expect(() =>
    substitute([configMap({ a: '${x}' })], variables, { ...options, isStrict: true }),
  ).toThrow(
    expect.objectContaining({
      code: 'InvalidSubstitution',
      message:
        'post build failed for \'ConfigMap.v1.[noGrp]/n\': envsubst error: variable substitution failed: variable not set (strict mode): "x"',
    }),
  )
  expect(() => substitute([configMap({})], new Map([['a.b', '']]), options)).toThrow(
    "post build failed for 'ConfigMap.v1.[noGrp]/n': envsubst error: 'a.b' var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'",
  )
})

it('refuses a name that became a number', () => {
  expect(() => substitute([configMap({}, { name: '${n}' })], variables, options)).toThrow(
    /must stay strings/,
  )
})

it('refuses two objects of one name, as Flux does', () => {
  const two = [configMap({}, { name: 'x' }), configMap({ a: '${n}' }, { name: '${name}' })]
  const named = (name: string) => substitute(two, new Map([...variables, ['name', name]]), options)
  expect(() => named('x')).toThrow(
    "post build failed for 'ConfigMap.v1.[noGrp]/x': there is another one of this name",
  )
  expect(named('other')).toHaveLength(2)
})
