import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { embedWorks } from './embed-works.ts'

const root = join(import.meta.dirname, '../..')

/** A program of somebody else's, which has nothing of the house but the packed package. */
const consumer = `import { BuildError, type BuildOptions, build, buildText, type Tree, treeOfTexts } from 'driftless/kustomize'

const options: BuildOptions = { reorder: 'none', limits: { maxDepth: 10 } }
const files: Record<string, string> = JSON.parse(process.argv[2] ?? '{}')
const tree: Tree = treeOfTexts(files)
const names: readonly string[] = build(tree, 'app', options).objects.map(({ metadata }) => metadata.name)
if (names.length === 0) throw new Error('no objects')
try {
  build(tree, 'nowhere')
} catch (fault) {
  if (!(fault instanceof BuildError) || fault.code !== 'FolderNotFound') throw fault
}
process.stdout.write(buildText(tree, 'app').text)
`

describe('the packed package', () => {
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftless-package-'))
    execFileSync('npm', ['pack', '--pack-destination', folder], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [archive = ''] = await readdir(folder)
    const place = join(folder, 'node_modules', 'driftless')
    await mkdir(place, { recursive: true })
    execFileSync('tar', ['-xzf', join(folder, archive), '-C', place, '--strip-components=1'])
    await writeFile(join(folder, 'package.json'), '{"type": "module"}')
    await writeFile(join(folder, 'consumer.ts'), `declare const process: any\n${consumer}`)
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('has types that a strict program compiles with, and the examples of its page', async () => {
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const flags = ['--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext']
    const settings = [...flags, '--target', 'es2023', '--types', '']
    const compile = (lib: string, ...files: readonly string[]): string =>
      spawnSync(process.execPath, [compiler, ...settings, '--lib', lib, ...files], {
        cwd: folder,
        encoding: 'utf8',
      }).stdout
    expect(compile('es2023', 'consumer.ts')).toBe('')
    const page = await readFile(join(root, 'docs/kustomize.md'), 'utf8')
    const examples = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
    expect(examples).toHaveLength(2)
    const files = examples.map((_, index) => `example-${index}.ts`)
    for (const [index, file] of files.entries()) {
      await writeFile(join(folder, file), examples[index] ?? '')
    }
    expect(compile('es2023,dom', '--noEmit', ...files)).toBe('')
  })

  it.each(embedWorks)('builds without any other package', ({ files, text }) => {
    const args = ['consumer.js', JSON.stringify(files)]
    expect(execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })).toBe(text)
  })
})
