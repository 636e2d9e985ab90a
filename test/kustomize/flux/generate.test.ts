import { expect, it } from 'vitest'
import { type Tree, treeOfTexts } from '../../../lib/artifact/tree.ts'
import { buildKustomization } from '../../../lib/kustomize/flux/build-kustomization.ts'

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`

it('follows a link to a file, but none to a folder', () => {
  const files = treeOfTexts({
    'app/a.yaml': configMap('a'),
    'app/linked/b.yaml': configMap('b'),
    'app/own/c.yaml': configMap('c'),
  })
  const realPath = (path: string): string =>
    path.replace('app/linked', 'elsewhere').replace('app/a.yaml', 'a.yaml')
  const { objects } = buildKustomization({ ...files, realPath }, 'app', {})
  expect(objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'c'])
})

it('asks the tree for no path above its root', () => {
  const files = treeOfTexts({ 'kustomization.yaml': 'resources: [../base]' })
  const kindOf: Tree['kindOf'] = (path) => {
    if (path.includes('..')) throw new Error(path)
    return files.kindOf(path)
  }
  expect(() => buildKustomization({ ...files, kindOf }, '', {})).toThrow(
    "'../base' leaves the root of the source",
  )
})
