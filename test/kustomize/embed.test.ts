import { createContext, runInContext } from 'node:vm'
import { build } from 'esbuild'
import { beforeAll, describe, expect, it } from 'vitest'
import { builderBundle } from '../../scripts/bundle-options.ts'
import { embedWorks } from './embed-works.ts'

/** What every runtime has besides the language itself. */
const everywhere = { TextEncoder, TextDecoder }

describe('the builder on its own', () => {
  let script: string

  beforeAll(async () => {
    const { outputFiles = [] } = await build({
      ...builderBundle,
      format: 'iife',
      globalName: 'kustomize',
      sourcemap: false,
      write: false,
    })
    script = outputFiles.map(({ text }) => text).join('')
  })

  /** Runs in a world without `process`, `Buffer`, `require` and the network. */
  function ask(expression: string, given: unknown): unknown {
    const context = createContext({ ...everywhere, given: JSON.stringify(given) })
    const answer: unknown = runInContext(`${script};JSON.stringify(${expression})`, context)
    return JSON.parse(String(answer))
  }

  it.each(embedWorks)('builds where there is no Node.js', ({ files, text }) => {
    const built = ask("kustomize.buildText(kustomize.treeOfTexts(JSON.parse(given)), 'app')", files)
    expect(built).toMatchObject({
      text,
      warnings: [],
      reads: expect.arrayContaining(['app/kustomization.yaml']),
    })
  })

  it('gives objects, and says by a code what is wrong', () => {
    const files = { 'app/kustomization.yaml': 'resources: [../../secret]\n' }
    const caught = `(() => {
      try { return kustomize.build(kustomize.treeOfTexts(JSON.parse(given)), 'app') }
      catch (fault) { return [fault instanceof kustomize.BuildError, fault.reason, fault.code] }
    })()`
    expect(ask(caught, files)).toEqual([true, 'BuildFailed', 'PathOutsideRoot'])
  })

  it('builds and substitutes as Flux does', () => {
    const object = `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {b: "\${c}"}\n`
    const substituted = `kustomize.printDocuments(kustomize.substitute(
      kustomize.buildKustomization(kustomize.treeOfTexts(JSON.parse(given)), '', { namePrefix: 'x-' }).objects,
      new Map([['c', 'd']]),
      { isStrict: true, strategy: 'WithVariables' },
    ))`
    const text = 'apiVersion: v1\ndata:\n  b: d\nkind: ConfigMap\nmetadata:\n  name: x-a\n'
    expect(ask(substituted, { 'a.yaml': object })).toBe(text)
  })
})
