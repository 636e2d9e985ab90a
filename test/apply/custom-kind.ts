import type { KubeObject } from '../../lib/manifest/object.ts'

/** A definition of a namespaced kind `Widget` in a group of its own. */
export function definition(prefix: string): KubeObject {
  const group = `${prefix}.example.com`
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: { type: 'object', properties: { size: { type: 'integer' } } },
              },
            },
          },
        },
      ],
    },
  }
}

export function widget(prefix: string, namespace: string): KubeObject {
  return {
    apiVersion: `${prefix}.example.com/v1`,
    kind: 'Widget',
    metadata: { name: 'w', namespace },
    spec: { size: 1 },
  }
}
