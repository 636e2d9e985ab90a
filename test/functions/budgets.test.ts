import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleFunctions, type FunctionBundle } from '../../scripts/bundle-functions.ts'
import { lazyBudgetKib, staticBudgetKib } from './budgets.ts'

describe('the bundles of the functions', () => {
  const folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'driftless-bundles-')))
  const [first = '', second = ''] = folders
  let bundles: readonly FunctionBundle[] = []
  beforeAll(async () => {
    bundles = await bundleFunctions(first)
    await bundleFunctions(second)
  }, 120_000)
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true })
  })

  it('are six, one a trigger, each with a budget', () => {
    expect(bundles.map(({ name }) => name)).toEqual(Object.keys(staticBudgetKib).sort())
  })

  it('stay within their budgets, and so do the chunks that are loaded later', () => {
    const over = bundles.filter(
      ({ name, staticBytes, lazyBytes }) =>
        staticBytes > (staticBudgetKib[name] ?? 0) * 1024 || lazyBytes > lazyBudgetKib * 1024,
    )
    expect(
      over.map(({ name, staticBytes, lazyBytes }) => ({ name, staticBytes, lazyBytes })),
    ).toEqual([])
  })

  it('are the same bytes each time', () => {
    const filesOf = (folder: string) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length))
        .sort()
    const files = filesOf(first)
    expect(files.length).toBeGreaterThan(bundles.length)
    expect(filesOf(second)).toEqual(files)
    for (const file of files) {
      const [one, other] = [first, second].map((folder) => readFileSync(join(folder, file)))
      expect(one?.equals(other ?? Buffer.alloc(0)), file).toBe(true)
    }
  })

  it('carry no SDK in what they load first, and the webhook none at all', () => {
    const eager = bundles.flatMap(({ name, staticInputs }) =>
      staticInputs
        .filter((input) => input.includes('/@aws-sdk/'))
        .map((input) => `${name}: ${input}`),
    )
    const webhook = bundles.find(({ name }) => name === 'webhook')?.inputs ?? []
    const refused = /\/@aws-sdk\/|^lib\/(?:cluster|source|kustomize|apply)\//
    expect(eager).toEqual([])
    expect(webhook.length).toBeGreaterThan(20)
    expect(webhook.filter((input) => refused.test(input))).toEqual([])
  })

  it('carry no reader of user kubeconfigs, which may run programs', () => {
    const inputs = bundles.flatMap((bundle) => bundle.inputs)
    expect(inputs.filter((input) => input.includes('@kubernetes/client-node'))).toEqual([])
  })

  it('load rare and large engines later', () => {
    const engines = /node_modules\/(?:openpgp|@marcbachmann\/cel-js|ssh2)\//
    const eager = bundles.flatMap(({ staticInputs }) =>
      staticInputs.filter((input) => engines.test(input)),
    )
    expect(eager).toEqual([])
  })
})
