import { describe, expect, it } from 'vitest'
import { createTree, filesOfTexts, treeOfTexts } from '../../lib/artifact/tree.ts'
import { buildText } from '../../lib/kustomize/build-text.ts'
import type { Remotes } from '../../lib/kustomize/remote.ts'

type Texts = Readonly<Record<string, string>>

const named = (name: string): string => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\n`

/** What was fetched: files by their URL, repositories by theirs and their ref. */
function remotesOf(files: Texts, repositories: Readonly<Record<string, Texts>> = {}) {
  const asked: string[] = []
  const remotes: Remotes = {
    isAllowed: (host) => host === 'git.example',
    file: (url) => {
      asked.push(url)
      const text = files[url]
      if (text === 'fails') return { fault: 'the server answers 404' }
      return text === undefined ? undefined : { bytes: new TextEncoder().encode(text) }
    },
    repository: ({ url, ref }) => {
      asked.push(`${url}@${ref}`)
      const texts = repositories[`${url}@${ref}`]
      return texts === undefined ? undefined : createTree(filesOfTexts(texts))
    },
  }
  return { asked, remotes }
}

function built(file: string, remotes?: Remotes, more: Texts = {}): string {
  const tree = treeOfTexts({ 'app/kustomization.yaml': file, ...more })
  return buildText(tree, 'app', { reorder: 'none', ...(remotes === undefined ? {} : { remotes }) })
    .text
}

function codeOf(run: () => unknown): unknown {
  try {
    return run()
  } catch (fault) {
    return typeof fault === 'object' && fault !== null && 'code' in fault ? fault.code : fault
  }
}

const page = 'https://git.example/org/repo/base?ref=v1'
const repository = 'https://git.example/org/repo@v1'
const base = {
  'base/kustomization.yaml': 'resources: [pod.yaml, ../more]\n',
  'base/pod.yaml': named('one'),
  'more/kustomization.yaml': 'resources: [pod.yaml]\nnamePrefix: more-\n',
  'more/pod.yaml': named('two'),
}

describe('remote files and bases', () => {
  it('are refused unless something was fetched, and where their host is not allowed', () => {
    const { asked, remotes } = remotesOf({})
    expect(codeOf(() => built(`resources: ["${page}"]`))).toBe('RemoteNotAllowed')
    const others = ['https://evil.example/a.yaml', 'git@evil.example:a/b', 'file:///a/b.git']
    for (const other of others) {
      expect(codeOf(() => built(`resources: ["${other}"]`, remotes))).toBe('RemoteNotAllowed')
    }
    expect(asked).toEqual([])
  })

  it('are asked for all at once', () => {
    const { asked, remotes } = remotesOf({ [page]: 'fails' })
    const file = `resources: [https://git.example/a.yaml, "${page}", https://git.example/b.yaml]\ncomponents: [git@git.example:org/c]\n`
    expect(codeOf(() => built(file, remotes))).toBe('RemoteMissing')
    expect(asked).toEqual([
      'https://git.example/a.yaml',
      page,
      repository,
      'https://git.example/b.yaml',
    ])
  })

  it('are built where they stand', () => {
    const { remotes } = remotesOf({ [page]: 'fails' }, { [repository]: base })
    const text = built(`resources: ["${page}"]\nnamePrefix: x-\n`, remotes)
    expect([...text.matchAll(/name: (.*)/g)].map(([, name]) => name)).toEqual([
      'x-one',
      'x-more-two',
    ])
  })

  it('may be files, of patches too', () => {
    const url = 'https://git.example/patch.yaml'
    const { remotes } = remotesOf({ [url]: '- {op: add, path: /spec, value: {a: b}}\n' })
    const file = `resources: [a.yaml]\npatches: [{path: "${url}", target: {kind: Pod}}]\n`
    expect(built(file, remotes, { 'app/a.yaml': named('a') })).toContain('spec:\n  a: b\n')
  })

  it('name their repository in messages and never their password', () => {
    const { remotes } = remotesOf({ [page]: 'fails' }, { [repository]: { 'base/x': '' } })
    expect(() => built(`resources: ["${page}"]`, remotes)).toThrow(
      'https://git.example/org/repo//base: there is no kustomization file',
    )
    const secret = 'https://me:s3cret@evil.example/org/repo'
    expect(() => built(`resources: ["${secret}"]`)).not.toThrow('s3cret')
  })

  it.each([
    ['../../outside', 'PathOutsideRoot'],
    ['../../../etc', 'PathOutsideRoot'],
    ['"\\0000/base"', 'PathInvalid'],
    ['/app', 'PathInvalid'],
  ])('cannot leave their repository: %s', (path, code) => {
    const texts = { 'base/kustomization.yaml': `resources: [${path}]\n` }
    const { remotes } = remotesOf({ [page]: 'fails' }, { [repository]: texts })
    const run = () => built(`resources: ["${page}"]`, remotes, { 'outside/kustomization.yaml': '' })
    expect(codeOf(run)).toBe(code)
  })

  it('cannot read files of the source, even without load restriction', () => {
    const texts = {
      'base/kustomization.yaml': 'resources: [../pod.yaml]\n',
      'pod.yaml': named('a'),
    }
    const { remotes } = remotesOf({ [page]: 'fails' }, { [repository]: texts })
    const tree = treeOfTexts({ 'kustomization.yaml': `resources: ["${page}"]` })
    expect(codeOf(() => buildText(tree, '', { remotes, loadRestrictor: 'none' }))).toBe(
      'PathOutsideRoot',
    )
  })

  it('cannot be reached by a path that is made up', () => {
    const { remotes } = remotesOf({ [page]: 'fails' }, { [repository]: base })
    const file = `resources: ["${page}", "\\0000/more"]\n`
    expect(codeOf(() => built(file, remotes))).toBe('PathInvalid')
  })

  it('cannot include themselves', () => {
    const texts = { 'base/kustomization.yaml': `resources: ["${page}"]\n` }
    const { remotes } = remotesOf({ [page]: 'fails' }, { [repository]: texts })
    expect(codeOf(() => built(`resources: ["${page}"]`, remotes))).toBe('Cycle')
  })

  it('cannot include each other without end', () => {
    const texts = {
      'base/kustomization.yaml': `resources: ["https://git.example/org/repo/b?ref=v1"]\n`,
      'b/kustomization.yaml': `resources: ["https://git.example/org/repo//base?ref=v1"]\n`,
    }
    const other = {
      'https://git.example/org/repo/b?ref=v1': 'fails',
      'https://git.example/org/repo//base?ref=v1': 'fails',
    }
    const { remotes } = remotesOf({ [page]: 'fails', ...other }, { [repository]: texts })
    expect(['Cycle', 'TooDeep']).toContain(codeOf(() => built(`resources: ["${page}"]`, remotes)))
  })

  it('stand in no list of what was read, because the source does not hold them', () => {
    const { remotes } = remotesOf({ [page]: 'fails' }, { [repository]: base })
    const tree = treeOfTexts({ 'kustomization.yaml': `resources: ["${page}"]` })
    const { reads } = buildText(tree, '', { remotes })
    expect(reads).toEqual(['kustomization.yaml', 'kustomization.yml', 'Kustomization'])
  })

  it('may be what is built', () => {
    const { remotes } = remotesOf({}, { [repository]: base })
    expect(buildText(treeOfTexts({}), page, { remotes }).text).toContain('name: more-two')
  })
})
