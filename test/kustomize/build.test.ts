import { describe, expect, it } from 'vitest'
import { treeOfTexts } from '../../lib/artifact/tree.ts'
import { build } from '../../lib/kustomize/build.ts'

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'

describe('build', () => {
  it('names every file it looked for, also those that are not there', () => {
    const tree = treeOfTexts({
      'app/kustomization.yaml': 'resources: [../base]\nconfigMapGenerator: [{name: g, files: [f]}]',
      'app/f': 'x',
      'base/Kustomization': 'resources: [a.yaml]',
      'base/a.yaml': configMap,
      'other/unread.yaml': configMap,
    })
    expect(build(tree, 'app').reads.toSorted()).toEqual([
      'app/Kustomization',
      'app/f',
      'app/kustomization.yaml',
      'app/kustomization.yml',
      'base/Kustomization',
      'base/a.yaml',
      'base/kustomization.yaml',
      'base/kustomization.yml',
    ])
  })

  it('tells every fault of a kustomization file at once', () => {
    const tree = treeOfTexts({
      'kustomization.yaml': 'resource: [a]\nnamespace: 5\nimages: [{name: x, newTag: 1.10}]',
    })
    expect(() => build(tree, '')).toThrow(
      [
        'kustomization.yaml: line 2: namespace: expected a string but found the number 5; put it in quotes',
        'kustomization.yaml: line 3: images[0].newTag: expected a string but found the number 1.1; put it in quotes',
        'kustomization.yaml: line 1: resource: there is no such field; is it resources?',
      ].join('\n'),
    )
  })

  it('warns of deprecated fields', () => {
    const tree = treeOfTexts({
      'kustomization.yaml': 'bases: [b]\ncommonLabels: {x: "1"}',
      'b/kustomization.yaml': 'resources: [a.yaml]',
      'b/a.yaml': configMap,
    })
    expect(build(tree, '').warnings).toEqual([
      "# Warning: 'bases' is deprecated. Please use 'resources' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
      "# Warning: 'commonLabels' is deprecated. Please use 'labels' instead. Run 'kustomize edit fix' to update your Kustomization automatically.",
    ])
  })

  it('gives equal results for equal trees', () => {
    const files = {
      'kustomization.yaml': 'resources: [a.yaml]\nnamePrefix: p-',
      'a.yaml': configMap,
    }
    const tree = treeOfTexts(files)
    expect(build(tree, '')).toEqual(build(tree, ''))
    expect(build(tree, '')).toEqual(build(treeOfTexts(files), ''))
  })

  it('refuses an object that no cluster can take', () => {
    const tree = treeOfTexts({
      'kustomization.yaml': 'resources: [a.yaml]',
      'a.yaml': 'kind: ConfigMap\nmetadata: {name: a}',
    })
    expect(() => build(tree, '')).toThrow(expect.objectContaining({ code: 'InvalidResource' }))
  })

  it('refuses a folder that is not there', () => {
    const tree = treeOfTexts({ 'a.yaml': configMap })
    expect(() => build(tree, 'nope')).toThrow(expect.objectContaining({ code: 'FolderNotFound' }))
  })
})
