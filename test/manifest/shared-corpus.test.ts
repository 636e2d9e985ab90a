import { expect, it } from 'vitest'
import { builtinSchema } from '../../lib/kustomize/schema/builtin-schema.ts'
import { parseJsonPatch, patchNode } from '../../lib/manifest/json-patch.ts'
import { fieldText, getPath, setField, type YamlNode } from '../../lib/manifest/node.ts'
import { nodeToJson } from '../../lib/manifest/node-json.ts'
import { printDocuments } from '../../lib/manifest/print.ts'
import { readDocuments } from '../../lib/manifest/read.ts'
import { mergeStrategic } from '../../lib/manifest/strategic-merge.ts'
import { type BuildCase, describeWithCorpus, loadBuildCases } from './shared-corpus.ts'

const simple =
  /^resources:(?: \[|\n- )([\w.]+)\]?\n(?:patches:\n- path: ([\w.]+)\n(?: {2}target:\n {4}\w+: \.\*\n)?)?$/

/** What only the builder does: normal annotations, lists of resources; and schemas in comments, which nobody reads. */
const needsBuilder = /annotations:(?! *\n *keep:)|^kind: \w*List|# *\{"/m

/** These ask which resource a patch is for. */
const needsMatching = /name-removed|multidoc|mismatch|replace-resource/

function selected(pattern: string): readonly BuildCase[] {
  return loadBuildCases(pattern).filter(({ name, files }) => {
    const texts = [...files.values()]
    return (
      !needsMatching.test(name) &&
      simple.test(files.get('kustomization.yaml') ?? '') &&
      !texts.some((text) => needsBuilder.test(text))
    )
  })
}

function build({ files }: BuildCase): string {
  const [, resource = '', patch] = simple.exec(files.get('kustomization.yaml') ?? '') ?? []
  const nodes = readDocuments(files.get(resource) ?? '')
  for (const node of nodes) requireNames(node)
  const patched = nodes.flatMap((node) =>
    patch === undefined ? node : (patchOne(node, files.get(patch) ?? '') ?? []),
  )
  return printDocuments(patched.map((node) => nodeToJson(node)))
}

function requireNames(node: YamlNode): void {
  if (fieldText(node, 'kind') === '' || fieldText(getPath(node, 'metadata'), 'name') === '') {
    throw new Error('no resource')
  }
}

/** Kind and name stay as they were, as the builder sees to. */
function patchOne(node: YamlNode, text: string): YamlNode | undefined {
  if (/^\s*(?:-|\[)/.test(text)) return patchNode(node, parseJsonPatch(text))
  const kind = fieldText(node, 'kind')
  const [patch] = readDocuments(text)
  const merged = patch === undefined ? node : mergeStrategic(node, patch, builtinSchema())
  if (merged?.kind === 'map' && fieldText(merged, 'kind') !== kind) {
    setField(merged, 'kind', {
      kind: 'scalar',
      value: kind,
      tag: '!!str',
      style: 'plain',
      isTagged: false,
      line: 0,
    })
  }
  return merged
}

describeWithCorpus('the builder’s corpus, as far as reading, printing and patching go', () => {
  it.each([
    ['yaml-*.json', 130],
    ['authored-{yaml,style}.json', 40],
    ['authored-json6902.json', 18],
    ['{authored-smp,authored-smp-table,merge2-merge2,filter-patchstrategicmerge}.json', 90],
  ])('%s', (pattern, least) => {
    const cases = selected(pattern)
    expect(cases.length).toBeGreaterThanOrEqual(least)
    const wrong = cases.filter((entry) => {
      if (entry.want === undefined) return !fails(() => build(entry))
      try {
        return build(entry) !== entry.want
      } catch {
        return true
      }
    })
    expect(wrong.map(({ name }) => name)).toEqual([])
  })
})

function fails(run: () => unknown): boolean {
  try {
    run()
    return false
  } catch {
    return true
  }
}
