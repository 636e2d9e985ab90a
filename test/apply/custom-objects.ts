import type { Json, JsonObject, KubeObject } from '../../lib/manifest/object.ts'
import { createRandom } from './random.ts'

/** A definition whose schema uses what custom kinds may use: two versions, of which `v2` is stored. */
export function richDefinition(group: string): KubeObject {
  const version = (name: string, level: number): JsonObject => ({
    name,
    served: true,
    storage: name === 'v2',
    subresources: { status: {} },
    schema: { openAPIV3Schema: { type: 'object', properties: { spec: specOf(level), status } } },
  })
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `gadgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
      versions: [version('v1', 1), version('v2', 2)],
    },
  }
}

const text: JsonObject = { type: 'string' }
const status: JsonObject = { type: 'object', properties: { phase: text } }
const anything: JsonObject = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** What a version defaults to differs. */
function specOf(level: number): JsonObject {
  return {
    type: 'object',
    properties: {
      size: { 'x-kubernetes-int-or-string': true },
      replicas: { type: 'integer', default: 1, minimum: 0, maximum: 9 },
      share: { type: 'number' },
      isOn: { type: 'boolean', default: true },
      mode: { type: 'string', enum: ['a', 'b'], default: 'a' },
      since: { type: 'string', format: 'date-time' },
      nothing: { type: 'string', nullable: true },
      ports: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['port', 'protocol'],
        items: {
          type: 'object',
          required: ['port'],
          properties: {
            port: { type: 'integer' },
            protocol: { type: 'string', default: 'TCP' },
            name: text,
          },
        },
      },
      tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: text },
      steps: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: anything },
      plain: { type: 'array', items: { type: 'object', properties: { a: text, b: text } } },
      nested: {
        type: 'object',
        default: {},
        properties: { level: { type: 'integer', default: level }, depth: { type: 'integer' } },
      },
      options: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: text },
      labels: { type: 'object', additionalProperties: { type: 'string', maxLength: 5 } },
      free: anything,
      template: { ...anything, 'x-kubernetes-embedded-resource': true },
    },
  }
}

/** Gadgets with content by chance, in either version, some of it refused; the same for the same seed. */
export function gadgets(
  group: string,
  namespace: string,
  { seed, count }: { readonly seed: number; readonly count: number },
): readonly KubeObject[] {
  const random = createRandom(seed)
  const pick = (values: readonly Json[]): Json =>
    values[Math.floor(random() * values.length)] ?? null
  const some = (values: readonly Json[]): Json => values.filter(() => random() < 0.6)
  const spec = (): JsonObject => {
    const fields: readonly [string, () => Json][] = [
      ['size', () => pick([1, '1', '50%', 0, -3])],
      ['replicas', () => pick([0, 1, 3, 9, 10])],
      ['share', () => pick([0.5, 1, 1e21, 1.0e-7, 3])],
      ['isOn', () => pick([true, false])],
      ['mode', () => pick(['a', 'b', 'b', 'b', 'c'])],
      ['since', () => pick(['2026-11-23T12:00:00Z', '2026-11-23T12:00:00.5+01:00'])],
      ['nothing', () => pick([null, '', 'x'])],
      ['ports', () => some(ports)],
      ['tags', () => some(['b', 'a', 'c', 'ä', ...(random() < 0.1 ? ['a'] : [])])],
      ['steps', () => some([{ run: 'a' }, { run: 'b', with: { x: null } }, {}])],
      ['plain', () => some([{ a: '1' }, { b: '2', a: '1' }, {}])],
      ['nested', () => pick([{}, { depth: 2 }, { level: 7 }, { level: 7, depth: 2 }])],
      ['options', () => pick([{}, { x: '1' }, { y: '2', x: '1' }])],
      ['labels', () => pick([{}, { x: '1' }, { y: '2' }, { z: 'too long' }])],
      ['free', () => pick([{}, { a: { b: [1, { c: null }] } }, { d: 1.5, e: [] }, { a: 'x' }])],
      ['template', () => pick([template, { ...template, data: { k: 'v' } }])],
      ['unknown', () => pick(['x', { y: 1 }])],
    ]
    return Object.fromEntries(
      fields.filter(() => random() < 0.5).map(([name, make]) => [name, make()]),
    )
  }
  return Array.from({ length: count }, (_, index) => ({
    apiVersion: `${group}/${random() < 0.5 ? 'v1' : 'v2'}`,
    kind: 'Gadget',
    metadata: { name: `g${index}`, namespace },
    ...(random() < 0.9 ? { spec: spec() } : {}),
    ...(random() < 0.2 ? { status: { phase: 'Made' } } : {}),
  }))
}

const ports: readonly Json[] = [
  { port: 80 },
  { port: 80, protocol: 'UDP', name: 'u' },
  { port: 53, name: 't' },
  { port: 443, protocol: 'TCP' },
]

const template: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'made' } }
