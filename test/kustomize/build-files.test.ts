import { describe, expect, it } from 'vitest'
import { treeOfTexts } from '../../lib/artifact/tree.ts'
import { buildFiles } from '../../lib/kustomize/build-files.ts'

function namesOf(...resources: readonly string[]): readonly string[] {
  const text = resources.map((resource) => `apiVersion: v1\n${resource}\n`).join('---\n')
  const tree = treeOfTexts({ 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': text })
  return [...buildFiles(tree, '').files.keys()]
}

describe('one file for each object', () => {
  it('is named after type and name', () => {
    expect(namesOf('kind: Pod\nmetadata: {name: A, namespace: x}')).toEqual(['v1_pod_a.yaml'])
  })

  it('is named after the namespace too where there are several', () => {
    const names = namesOf(
      'kind: Namespace\nmetadata: {name: x}',
      'kind: Pod\nmetadata: {name: a, namespace: x}',
      'kind: Pod\nmetadata: {name: a}',
    )
    expect(names).toEqual(['v1_namespace_x.yaml', 'x_v1_pod_a.yaml', 'default_v1_pod_a.yaml'])
  })

  it.each(['../../etc/cron.d/x', 'a/b', 'a\\\\b'])('never leaves its folder: %s', (name) => {
    expect(() => namesOf(`kind: Pod\nmetadata: {name: "${name}"}`)).toThrow('no file can be named')
  })
})
