import { expect, it } from 'vitest'
import { envsubst } from '../../../lib/kustomize/flux/envsubst.ts'
import { isOptedOut, substituteObject } from '../../../lib/kustomize/flux/substitute.ts'
import { nodeToJson } from '../../../lib/manifest/node-json.ts'
import { isJsonObject, isKubeObject, type Json, textAt } from '../../../lib/manifest/object.ts'
import { printYaml } from '../../../lib/manifest/print.ts'
import { readDocuments } from '../../../lib/manifest/read.ts'
import { describeWithCorpus, loadFluxCases } from '../../manifest/shared-corpus.ts'

type FluxCase = {
  readonly id: string
  readonly input: string
  readonly variables: ReadonlyMap<string, string>
  readonly isStrict: boolean
  readonly isAlways: boolean
  readonly want: string
}

/** `failed` and `skipped` stand for what has no output. */
function parseCase(value: unknown): FluxCase {
  const entry: Json = JSON.parse(JSON.stringify(value))
  if (!isJsonObject(entry) || !isJsonObject(entry.want)) throw new Error('no case')
  const { want } = entry
  const variables = Object.entries(isJsonObject(entry.vars) ? entry.vars : {})
  return {
    id: textAt(entry, 'id'),
    input: textAt(entry, 'input') + textAt(entry, 'object'),
    variables: new Map(variables.map(([name, text]) => [name, String(text).replaceAll('\n', '')])),
    isStrict: entry.strict === true,
    isAlways: entry.always === true,
    want: want.skipped === true ? 'skipped' : 'error' in want ? 'failed' : textAt(want, 'output'),
  }
}

function orFailed(run: () => string): string {
  try {
    return run()
  } catch (error) {
    expect(error).toMatchObject({ reason: 'BuildFailed' })
    return 'failed'
  }
}

function substituted({ input, variables, isStrict, isAlways }: FluxCase): string {
  const [node] = readDocuments(input)
  const object = node === undefined ? null : nodeToJson(node)
  if (!isKubeObject(object)) return 'failed'
  if (isOptedOut(object)) return 'skipped'
  if (variables.size === 0 && !isAlways) return printYaml(object)
  return printYaml(substituteObject(object, variables, { isStrict, strategy: 'Always' }))
}

describeWithCorpus('Flux’s own answers', () => {
  it('envsubst gives them', () => {
    const wrong = loadFluxCases('envsubst.jsonl')
      .map(parseCase)
      .filter((entry) => {
        const { input, variables, isStrict } = entry
        return orFailed(() => envsubst(input, variables, { isStrict })) !== entry.want
      })
    expect(wrong.map(({ id }) => id)).toEqual([])
  })

  it('substitute gives them', () => {
    const wrong = loadFluxCases('substitute.jsonl')
      .map(parseCase)
      .filter((entry) => orFailed(() => substituted(entry)) !== entry.want)
    expect(wrong.map(({ id }) => id)).toEqual([])
  })
})
