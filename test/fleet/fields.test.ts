import { describe, expect, it } from 'vitest'
import type { FieldFault, Fields } from '../../lib/fleet/fields.ts'
import { createFields, lengthRule } from '../../lib/fleet/fields.ts'
import type { Json } from '../../lib/manifest/object.ts'
import { readSpec } from './read-spec.ts'

describe('createFields', () => {
  it.each<[string, (fields: Fields) => unknown, string]>([
    ['text', (fields) => fields.text('a'), 'is the number 1, not a text'],
    ['flag', (fields) => fields.flag('a'), 'is the number 1, not true or false'],
    ['texts', (fields) => fields.texts('a'), 'is the number 1, not a list'],
    ['textMap', (fields) => fields.textMap('a'), 'is the number 1, not a map'],
    ['section', (fields) => fields.section('a'), 'is the number 1, not a map'],
    ['sections', (fields) => fields.sections('a'), 'is the number 1, not a list'],
    ['durationMs', (fields) => fields.durationMs('a'), 'is the number 1, not a text'],
    ['choice', (fields) => fields.choice('a', ['x']), 'is the number 1, not a text'],
  ])('%s says what it found and where', (_, read, message) => {
    expect(readSpec(read, { a: 1 }).faults).toEqual([`spec.a ${message}`])
  })

  it.each<[Json, (fields: Fields) => unknown, string]>([
    [1234567, (fields) => fields.text('a'), 'put it in quotes'],
    [true, (fields) => fields.text('a'), 'put it in quotes'],
    [[], (fields) => fields.text('a'), 'write a text'],
    [[1], (fields) => fields.texts('a'), 'put it in quotes'],
    [[{}], (fields) => fields.texts('a'), 'write a text'],
    [60, (fields) => fields.durationMs('a'), expect.stringMatching(/^write a duration such as/)],
  ])('tells what to write instead of %j', (value, read, remedy) => {
    const faults: FieldFault[] = []
    read(createFields({ a: value }, 'spec', faults))
    expect(faults.map((fault) => fault.remedy)).toEqual([remedy])
  })

  it('goes on after a fault, and names places in lists and maps', () => {
    const { value, faults } = readSpec(
      (fields) => ({
        list: fields.texts('list'),
        map: fields.textMap('map'),
        names: fields.sections('sections').map((section) => section.requiredText('name')),
      }),
      { list: ['a', 1, 'b'], map: { x: 'y', z: true }, sections: [{ name: 'one' }, {}] },
    )
    expect(value).toEqual({ list: ['a', 'b'], map: { x: 'y' }, names: ['one', ''] })
    expect(faults).toEqual([
      'spec.list[1] is the number 1, not a text',
      'spec.map.z is the boolean true, not a text',
      'spec.sections[1].name is missing',
    ])
  })

  it('takes null for absent', () => {
    const { value, faults } = readSpec(
      (fields) => [fields.text('a'), fields.has('a'), fields.textMap('map')],
      { a: null, map: { x: null, y: 'z' } },
    )
    expect(value).toEqual([undefined, false, { y: 'z' }])
    expect(faults).toEqual([])
  })

  it('tells of a missing field once', () => {
    const { faults } = readSpec(
      (fields) => [
        fields.requiredText('text'),
        fields.requiredChoice('choice', ['x', 'y']),
        fields.requiredSections('list'),
        fields.requiredSection('map').requiredText('inner'),
        fields.requiredDurationMs('interval'),
      ],
      {},
    )
    expect(faults).toEqual([
      'spec.text is missing',
      'spec.choice is missing',
      'spec.list is missing',
      'spec.map is missing',
      'spec.map.inner is missing',
      'spec.interval is missing',
    ])
  })

  it('holds numbers to their range, and texts to their length', () => {
    const { faults } = readSpec(
      (fields) => [
        fields.wholeNumber('low', { least: 1, most: 100 }),
        fields.wholeNumber('half', { least: 1, most: 100 }),
        fields.wholeNumber('good', { least: 1, most: 100 }),
        fields.text('empty', lengthRule({ least: 1, most: 3 })),
        fields.text('long', lengthRule({ least: 1, most: 3 })),
        fields.text('lines', lengthRule({ least: 1, most: 3 })),
      ],
      { low: 0, half: 1.5, good: 100, empty: '', long: 'abcd', lines: 'a\nb' },
    )
    expect(faults).toEqual([
      'spec.low is the number 0, not a whole number from 1 to 100',
      'spec.half is the number 1.5, not a whole number from 1 to 100',
      "spec.empty '' is not allowed",
      "spec.long 'abcd' is not allowed",
    ])
  })

  it('notices what nobody asked for, at every depth, and cuts long values', () => {
    const { faults } = readSpec(
      (fields) => [fields.section('known')?.text('a'), fields.choice('b', ['x'])],
      { known: { a: '', extra: 1 }, b: 'y'.repeat(100), intervall: '1m' },
    )
    expect(faults).toEqual([
      `spec.b '${'y'.repeat(77)}...' is unknown`,
      'spec.intervall is unknown and ignored?',
      'spec.known.extra is unknown and ignored?',
    ])
  })

  it('reads no key of a prototype', () => {
    const { value } = readSpec((fields) => [fields.has('constructor'), fields.raw('toString')], {})
    expect(value).toEqual([false, undefined])
  })
})
