import { describe, expect, it } from 'vitest'
import { treeOfTexts } from '../../lib/artifact/tree.ts'
import { build } from '../../lib/kustomize/build.ts'
import { buildKustomization } from '../../lib/kustomize/flux/build-kustomization.ts'

const configMap = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'

function codeOf(files: Readonly<Record<string, string>>, path = 'app'): unknown {
  return thrownBy(() => build(treeOfTexts(files), path))
}

function thrownBy(run: () => unknown): unknown {
  try {
    run()
    return 'no error'
  } catch (fault) {
    return typeof fault === 'object' && fault !== null && 'code' in fault ? fault.code : fault
  }
}

const outside = { 'secret.yaml': configMap, 'app/a.yaml': configMap }

/** Every field that names a file, and how it would name one outside. */
const fields: readonly (readonly [string, (path: string) => string])[] = [
  ['resources', (path) => `resources: [${path}]`],
  ['components', (path) => `components: [${path}]`],
  ['patches.path', (path) => `resources: [a.yaml]\npatches: [{path: ${path}}]`],
  ['patchesStrategicMerge', (path) => `resources: [a.yaml]\npatchesStrategicMerge: [${path}]`],
  [
    'patchesJson6902.path',
    (path) => `resources: [a.yaml]\npatchesJson6902: [{target: {name: a}, path: ${path}}]`,
  ],
  ['configMapGenerator.files', (path) => `configMapGenerator: [{name: g, files: [${path}]}]`],
  ['configMapGenerator.envs', (path) => `configMapGenerator: [{name: g, envs: [${path}]}]`],
  ['secretGenerator.files', (path) => `secretGenerator: [{name: g, files: [${path}]}]`],
  ['configurations', (path) => `resources: [a.yaml]\nconfigurations: [${path}]`],
  ['crds', (path) => `resources: [a.yaml]\ncrds: [${path}]`],
  ['openapi.path', (path) => `resources: [a.yaml]\nopenapi: {path: ${path}}`],
  ['replacements.path', (path) => `resources: [a.yaml]\nreplacements: [{path: ${path}}]`],
  ['generators', (path) => `generators: [${path}]`],
  ['transformers', (path) => `resources: [a.yaml]\ntransformers: [${path}]`],
  ['validators', (path) => `resources: [a.yaml]\nvalidators: [${path}]`],
]

describe('a path that leaves the folder', () => {
  it.each(fields)('is refused in %s: ../', (_, write) => {
    const files = { ...outside, 'app/kustomization.yaml': write('../secret.yaml') }
    expect(['PathOutsideRoot', 'FolderNotFound']).toContain(codeOf(files))
  })

  it.each(fields)('is refused in %s: above the source', (_, write) => {
    const files = { ...outside, 'app/kustomization.yaml': write('../../../etc/passwd') }
    expect(codeOf(files)).toBe('PathOutsideRoot')
  })

  it.each(fields)('is refused in %s: absolute', (_, write) => {
    const files = { ...outside, 'app/kustomization.yaml': write('/secret.yaml') }
    expect(['PathOutsideRoot', 'PathInvalid']).toContain(codeOf(files))
  })

  it.each(fields)('is refused in %s in the manner of Flux, above the source', (_, write) => {
    const files = { ...outside, 'app/kustomization.yaml': write('../../../etc/passwd') }
    const run = (): unknown => buildKustomization(treeOfTexts(files), 'app', {})
    expect(thrownBy(run)).toBe('PathOutsideRoot')
  })

  it('is read from the whole source in the manner of Flux', () => {
    const files = { ...outside, 'app/kustomization.yaml': 'resources: [../secret.yaml]' }
    expect(buildKustomization(treeOfTexts(files), 'app', {}).objects).toHaveLength(1)
  })
})

describe('what would leave the machine', () => {
  it.each([
    'https://example.com/a.yaml',
    'http://169.254.169.254/latest/meta-data',
    'https://user:secret@example.com/org/repo//path?ref=main',
    'git@github.com:org/repo.git',
    'github.com/org/repo/path',
    'ssh://git@example.com/org/repo',
    'git::https://example.com/org/repo',
    'file:///etc',
  ])('is refused: %s', (path) => {
    const files = { 'app/kustomization.yaml': `resources: ["${path}"]` }
    expect(codeOf(files)).toBe('RemoteNotAllowed')
  })

  it('does not repeat the credentials of a URL', () => {
    const files = {
      'kustomization.yaml': 'resources: ["https://user:secret@example.com/a.yaml"]',
    }
    expect(() => build(treeOfTexts(files), '')).toThrow(/^(?!.*secret)/)
  })

  it.each([
    ['exec', 'exec: {path: ./run.sh}'],
    ['container', 'container: {image: example.com/f}'],
  ])('runs no %s function', (_, spec) => {
    const plugin = `apiVersion: x/v1\nkind: F\nmetadata:\n  name: f\n  annotations:\n    config.kubernetes.io/function: |\n      ${spec}\n`
    const files = { 'app/kustomization.yaml': 'generators: [f.yaml]', 'app/f.yaml': plugin }
    expect(codeOf(files)).toBe('PluginNotSupported')
  })
})

describe('what has no end', () => {
  it('is refused: bases that lead to each other', () => {
    const files = {
      'a/kustomization.yaml': 'resources: [../b]',
      'b/kustomization.yaml': 'resources: [../a]',
    }
    expect(codeOf(files, 'a')).toBe('Cycle')
  })

  it('is refused: a component that includes itself', () => {
    const files = {
      'a/kustomization.yaml': 'kind: Component\ncomponents: [../a]',
      'kustomization.yaml': 'components: [a]',
    }
    expect(codeOf(files, '')).toBe('Cycle')
  })

  it('A17: is refused: 5,000 bases in each other', () => {
    const files = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [
        `b${index}/kustomization.yaml`,
        `resources: [../b${index + 1}]`,
      ]),
    )
    const start = performance.now()
    expect(codeOf(files, 'b0')).toBe('TooDeep')
    expect(performance.now() - start).toBeLessThan(9_000)
  })

  it('A17: is refused: 10,000 components', () => {
    const list = Array.from({ length: 10_000 }, () => '- c').join('\n')
    const files = {
      'a.yaml': configMap,
      'c/kustomization.yaml': 'kind: Component\ncommonAnnotations: {a: b}',
      'kustomization.yaml': `resources: [a.yaml]\ncomponents:\n${list}`,
    }
    const start = performance.now()
    expect(codeOf(files, '')).toBe('TooManyReads')
    expect(performance.now() - start).toBeLessThan(9_000)
  })

  it('is refused: components that double at each level', () => {
    const files = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [
        `c${index}/kustomization.yaml`,
        `kind: Component\ncomponents: [../c${index + 1}, ../c${index + 1}]`,
      ]),
    )
    const last = { 'c40/kustomization.yaml': 'kind: Component\nnamePrefix: x' }
    const top = { 'kustomization.yaml': 'components: [c0]' }
    expect(codeOf({ ...files, ...last, ...top }, '')).toBe('TooManyReads')
  })

  it('is refused: an alias bomb', () => {
    const lines = ['a: &a0 [x]']
    for (let index = 1; index < 30; index++) {
      lines.push(`b${index}: &a${index} [*a${index - 1}, *a${index - 1}]`)
    }
    const bomb = `${configMap}data:\n${lines.map((line) => `  ${line}\n`).join('')}`
    const files = { 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': bomb }
    expect(codeOf(files, '')).toBe('TooManyAliases')
  })

  it('is refused: flow lists in each other 100,000 deep', () => {
    const deep = `${configMap}data: ${'['.repeat(100_000)}`
    const files = { 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': deep }
    expect(['TooDeep', 'Syntax']).toContain(codeOf(files, ''))
  })

  it.each([
    ['in a resource', 'resources: [large.yaml]'],
    ['in a patch', 'resources: [a.yaml]\npatches: [{path: large.yaml}]'],
    ['for a generator', 'configMapGenerator: [{name: g, files: [large.yaml]}]'],
    ['in a configuration', 'resources: [a.yaml]\nconfigurations: [large.yaml]'],
  ])('A24: is refused: a value of 50 MB %s', (_, kustomization) => {
    const large = `${configMap}data: {a: ${'x'.repeat(50 * 1024 * 1024)}}\n`
    const files = { 'a.yaml': configMap, 'large.yaml': large, 'kustomization.yaml': kustomization }
    expect(codeOf(files, '')).toBe('FileTooLarge')
  })

  it('A24: is refused: a kustomization file of 50 MB', () => {
    const files = { 'kustomization.yaml': `namePrefix: ${'x'.repeat(50 * 1024 * 1024)}\n` }
    expect(codeOf(files, '')).toBe('FileTooLarge')
  })

  // It takes a second or two, and the machine may be busy.
  it('A24: is refused: 24 MB of tiny values', { timeout: 60_000 }, () => {
    const tiny = `${configMap}data: [${'1,'.repeat(12 * 1024 * 1024)}]\n`
    const files = { 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': tiny }
    expect(codeOf(files, '')).toBe('TooManyNodes')
  })

  it('A24: is refused: tiny values over several files', () => {
    const tiny = `${configMap}data: [${'1,'.repeat(4_000)}]\n`
    const files = {
      'a.yaml': tiny,
      'b.yaml': tiny.replace('name: a', 'name: b'),
      'c.yaml': tiny.replace('name: a', 'name: c'),
      'kustomization.yaml': 'resources: [a.yaml, b.yaml, c.yaml]',
    }
    const buildWith = (maxNodes: number) => (): unknown =>
      build(treeOfTexts(files), '', { limits: { yaml: { maxNodes } } })
    expect(thrownBy(buildWith(10_000))).toBe('TooManyNodes')
    expect(thrownBy(buildWith(13_000))).toBe('no error')
  })

  it('A24: is refused: a million documents', () => {
    const many = 'a: 1\n---\n'.repeat(1_000_000)
    const files = { 'kustomization.yaml': 'resources: [a.yaml]', 'a.yaml': many }
    expect(codeOf(files, '')).toBe('TooManyDocuments')
  })

  it('keeps the bounds that a caller leaves open', () => {
    const limits: object = { maxDepth: undefined, yaml: { maxDocuments: undefined, maxNodes: 1e9 } }
    const files = {
      'kustomization.yaml': 'resources: [a.yaml]',
      'a.yaml': 'a: 1\n---\n'.repeat(100_001),
    }
    expect(thrownBy(() => build(treeOfTexts(files), '', { limits }))).toBe('TooManyDocuments')
  })

  it('matches a hostile pattern in linear time', () => {
    const files = {
      'kustomization.yaml':
        'resources: [a.yaml]\npatches: [{target: {name: "(a+)+b"}, patch: \'[{"op": "remove", "path": "/kind"}]\'}]',
      'a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${'a'.repeat(5_000)}}\n`,
    }
    const start = performance.now()
    expect(codeOf(files, '')).toBe('no error')
    expect(performance.now() - start).toBeLessThan(9_000)
  })
})

describe('names of the prototype', () => {
  it('are keys like any other', () => {
    const files = {
      'kustomization.yaml': [
        'resources: [a.yaml]',
        'patches:',
        '- patch: |',
        '    apiVersion: v1',
        '    kind: ConfigMap',
        '    metadata: {name: a, labels: {__proto__: x}}',
        '    data: {__proto__: merged, constructor: c}',
        '- target: {kind: ConfigMap, name: a}',
        '  patch: \'[{"op": "add", "path": "/data/toString", "value": "t"}]\'',
        'configMapGenerator:',
        '- {name: g, literals: ["__proto__=l"]}',
      ].join('\n'),
      'a.yaml': `${configMap}data: {__proto__: old, valueOf: v}\n`,
    }
    const { objects } = build(treeOfTexts(files), '')
    const [first, second] = objects.map((object) => JSON.stringify(object.data))
    expect(JSON.parse(first ?? '{}')).toEqual(
      JSON.parse('{"__proto__": "merged", "constructor": "c", "toString": "t", "valueOf": "v"}'),
    )
    expect(second).toBe('{"__proto__":"l"}')
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})
