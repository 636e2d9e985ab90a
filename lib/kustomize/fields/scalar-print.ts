import type { YamlNode } from '../../manifest/node.ts'

/** How a value stands in a file, as far as kustomize matches patterns against it: quoted scalars with their quotes. */
export function printScalarText(node: YamlNode): string {
  if (node.kind !== 'scalar') return ''
  switch (node.style) {
    case 'double':
      return JSON.stringify(node.value)
    case 'single':
      return `'${node.value.replaceAll("'", "''")}'`
    default:
      return node.value
  }
}
