import type { AddFile } from './generators.ts'
import type { Random } from './random.ts'
import type { Fields, Value } from './yaml-text.ts'

/** The entries of `crds`: OpenAPI definitions of the custom kinds that the other objects are made of. */
export function makeCrds(random: Random, addFile: AddFile): readonly string[] {
  const root = `example.com/v1.${random.pick(['Widget', 'Widget', 'Gadget', 'Deployment'])}`
  const definitions: Fields = {
    [root]: {
      Schema: {
        properties: {
          apiVersion: { type: 'string' },
          kind: random.chance(0.95) ? { type: 'string' } : undefined,
          metadata: { type: 'object' },
          spec: { $ref: 'example.com/v1.Spec' },
        },
      },
    },
    'example.com/v1.Spec': { [random.pick(['Schema', 'schema'])]: { properties: spec(random) } },
  }
  return [addFile('crds.json', dataText(random, random.risk(0.03) ? [definitions] : definitions))]
}

function spec(random: Random): Fields {
  const version = 'x-kubernetes-object-ref-api-version'
  const kind = 'x-kubernetes-object-ref-kind'
  const all: Fields = {
    configRef: {
      [version]: 'v1',
      [kind]: random.pick(['ConfigMap', 'Secret', 'Widget']),
      'x-kubernetes-object-ref-name-key': random.chance(0.3) ? 'name' : undefined,
    },
    items: { [version]: 'v1', [kind]: 'ConfigMap' },
    image: { 'x-kubernetes-identity': '' },
    more: { 'x-kubernetes-label-selector': '' },
    template: { 'x-kubernetes-annotation': '' },
  }
  return Object.fromEntries(random.some(Object.entries(all), 0.5))
}

/** The field `openapi`: a schema that says how lists of the custom kinds merge, or a version. */
export function makeOpenApi(random: Random, addFile: AddFile): Fields {
  if (random.chance(0.15)) return { version: random.risk(0.3) ? 'v1.20.4' : 'v1.21.2' }
  const merge: Fields = {
    'x-kubernetes-patch-merge-key': random.pick(['name', 'value', 'a']),
    'x-kubernetes-patch-strategy': random.pick(['merge', 'merge,retainKeys', 'replace']),
  }
  const definition = (kind: string): Fields => ({
    'x-kubernetes-group-version-kind': [{ group: 'example.com', kind, version: 'v1' }],
    properties: {
      spec: {
        properties: {
          items: { type: 'array', ...merge, items: { type: 'object' } },
          more: { type: 'object' },
        },
      },
    },
  })
  const schema = {
    definitions: { 'v1.Widget': definition('Widget'), 'v1.Gadget': definition('Gadget') },
    paths: random.chance(0.2)
      ? {
          '/apis/example.com/v1/widgets': {
            get: {
              'x-kubernetes-group-version-kind': {
                group: 'example.com',
                kind: 'Widget',
                version: 'v1',
              },
            },
          },
        }
      : undefined,
  }
  return { path: addFile(random.pick(['schema.json', 'schema.yaml']), dataText(random, schema)) }
}

/** Without anchors: what they add to a schema breaks it, and kustomize says so only where it needs the schema. */
function dataText(random: Random, value: Value): string {
  return JSON.stringify(value, undefined, random.chance(0.6) ? 2 : undefined)
}
