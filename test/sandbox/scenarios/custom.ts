import type { Json, JsonObject } from '../../../lib/manifest/object.ts'
import { apply, get, named, patch, post, type Scenario, type Step } from './requests.ts'

const definition: JsonObject = named(
  'apiextensions.k8s.io/v1',
  'CustomResourceDefinition',
  'gadgets.NAMESPACE.example',
  {
    spec: {
      group: 'NAMESPACE.example',
      scope: 'Namespaced',
      names: { plural: 'gadgets', kind: 'Gadget', shortNames: ['gd'] },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' },
          },
          schema: {
            openAPIV3Schema: {
              type: 'object',
              required: ['spec'],
              properties: {
                spec: {
                  type: 'object',
                  required: ['size'],
                  properties: {
                    size: { type: 'integer', minimum: 1, maximum: 9 },
                    mode: { type: 'string', enum: ['Fast', 'Safe'], default: 'Safe' },
                    name: { type: 'string', pattern: '^[a-z]+$', maxLength: 8 },
                    port: { 'x-kubernetes-int-or-string': true },
                    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                    tags: {
                      type: 'array',
                      items: { type: 'string' },
                      'x-kubernetes-list-type': 'set',
                    },
                    plain: { type: 'array', items: { type: 'string' } },
                    labels: { type: 'object', additionalProperties: { type: 'string' } },
                    parts: {
                      type: 'array',
                      'x-kubernetes-list-type': 'map',
                      'x-kubernetes-list-map-keys': ['id'],
                      items: {
                        type: 'object',
                        required: ['id'],
                        properties: {
                          id: { type: 'string' },
                          weight: { type: 'integer', default: 1 },
                        },
                      },
                    },
                  },
                },
                status: {
                  type: 'object',
                  properties: { size: { type: 'integer' }, note: { type: 'string' } },
                },
              },
            },
          },
        },
      ],
    },
  },
)

const gadgets = '/apis/NAMESPACE.example/v1/namespaces/NAMESPACE/gadgets'
const gadgetPath = `${gadgets}/one`

function gadget(spec: Json, more: JsonObject = {}): JsonObject {
  return named('NAMESPACE.example/v1', 'Gadget', 'one', { spec, ...more })
}

/** Played after their definition is established. */
export const customScenarios: readonly Scenario[] = [
  {
    name: 'custom resources merge as their schema says',
    steps: [
      apply(
        gadgetPath,
        'one',
        gadget({
          size: 3,
          tags: ['a', 'b'],
          plain: ['x'],
          parts: [{ id: 'p' }, { id: 'q', weight: 2 }],
          labels: { k: 'v' },
        }),
      ),
      apply(
        gadgetPath,
        'one',
        gadget({
          size: 3,
          tags: ['a', 'b'],
          plain: ['x'],
          parts: [{ id: 'p' }, { id: 'q', weight: 2 }],
          labels: { k: 'v' },
        }),
      ),
      apply(
        gadgetPath,
        'two',
        gadget({
          size: 3,
          tags: ['c'],
          parts: [{ id: 'r', weight: 5 }],
          labels: { l: 'w' },
          free: { any: { thing: [1, 'x'] } },
        }),
      ),
      apply(gadgetPath, 'two', gadget({ size: 3, plain: ['y'] })),
      apply(gadgetPath, 'one', gadget({ size: 3, tags: ['b'], parts: [{ id: 'q', weight: 2 }] })),
      get(gadgetPath),
    ],
  },
  {
    name: 'custom resources are checked',
    steps: [
      apply(gadgetPath, 'one', gadget({})),
      apply(gadgetPath, 'one', gadget({ size: 10 })),
      apply(gadgetPath, 'one', gadget({ size: 3, mode: 'Other' })),
      apply(gadgetPath, 'one', gadget({ size: 3, name: 'UPPER' })),
      apply(gadgetPath, 'one', gadget({ size: 3, unknown: true })),
      apply(gadgetPath, 'one', gadget({ size: 'three' })),
      apply(gadgetPath, 'one', gadget({ size: 3, port: 'http', unknown: 1 }), {
        fieldValidation: 'Strict',
      }),
      post(gadgets, gadget({ size: 3, port: 80, unknown: 1, parts: [{ id: 'a', other: 2 }] }), {
        dryRun: 'All',
      }),
      post(gadgets, gadget({ size: 3, unknown: 1 }), { fieldValidation: 'Strict' }),
      post(gadgets, gadget({ size: 3, name: 'x' })),
      patch(gadgetPath, 'merge', { spec: { size: 4, mode: null } }),
      patch(gadgetPath, 'strategic-merge', { spec: { size: 5 } }),
    ],
  },
  {
    name: 'odd metadata of custom resources',
    steps: [
      ...[
        { finalizers: ['b c'] },
        { labels: { a: 'not ok!' } },
        { labels: { 'b c': 'x' } },
        { annotations: { 'a/b/c': 'x' } },
        { ownerReferences: [{ kind: 'X' }] },
      ].map((metadata) =>
        post(
          gadgets,
          { ...gadget({ size: 3 }), metadata: { name: 'odd', ...metadata } },
          { dryRun: 'All' },
        ),
      ),
    ],
  },
  {
    name: 'status and scale of a custom resource stand apart',
    steps: [
      post(gadgets, gadget({ size: 1 }, { status: { note: 'dropped' } })),
      patch(`${gadgetPath}/status`, 'merge', {
        status: { note: 'kept', size: 1 },
        spec: { size: 9 },
        metadata: { labels: { a: 'b' } },
      }),
      patch(gadgetPath, 'merge', { status: { note: 'ignored' }, metadata: { labels: { a: 'b' } } }),
      apply(`${gadgetPath}/status`, 'ctl', gadget({ size: 1 }, { status: { note: 'applied' } }), {
        force: 'true',
      }),
      { method: 'GET', path: `${gadgetPath}/scale` },
      patch(`${gadgetPath}/scale`, 'merge', { spec: { replicas: 2 } }),
      get(gadgetPath),
      { method: 'GET', path: gadgets },
      {
        method: 'GET',
        path: gadgets,
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      },
      { method: 'DELETE', path: gadgetPath },
    ],
  },
]

export const customDefinition: Step = apply(
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.NAMESPACE.example',
  'one',
  definition,
)
