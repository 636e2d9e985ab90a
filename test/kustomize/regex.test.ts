import { describe, expect, it } from 'vitest'
import { treeOfTexts } from '../../lib/artifact/tree.ts'
import { buildText } from '../../lib/kustomize/build-text.ts'
import { compileAnchored, compileRegex } from '../../lib/kustomize/regex.ts'

/** They take a backtracking engine longer than anybody waits. */
const evil = ['(a+)+$', '(a|a)*b$', '(a|aa)+$', '([a-z]+)*;$', '(.*a){25}$', '(a?){30}a{30}$']
const long = `${'a'.repeat(5_000)}!`

function build(file: string, image = 'nginx'): string {
  const spec = `{template: {spec: {containers: [{name: ${long}, image: ${JSON.stringify(image)}}]}}}`
  const object = `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: "${long}", labels: {a: b}}\nspec: ${spec}\n`
  return buildText(
    treeOfTexts({ 'kustomization.yaml': `resources: [a.yaml]\n${file}`, 'a.yaml': object }),
    '',
  ).text
}

const patch = '{apiVersion: v1, kind: A, metadata: {name: a, labels: {hit: x}}}'
const replacements = (target: string): string =>
  `replacements: [{source: {kind: Deployment, fieldPath: kind}, targets: [${target}]}]\n`

describe('regular expressions of users', () => {
  it.each(evil)('come to an end whatever they are: %s', (pattern) => {
    expect(compileRegex(pattern, 'here').test(`${'a'.repeat(100_000)}!`)).toBe(false)
    expect(compileAnchored(pattern, 'here')(`${'a'.repeat(100_000)}!`)).toBe(false)
    const files = [
      `patches: [{target: {name: "${pattern}"}, patch: "${patch}"}]\n`,
      `images: [{name: "${pattern}", newTag: hit}]\n`,
      replacements(`{select: {name: "${pattern}"}, fieldPaths: [metadata.labels.hit]}`),
      replacements(
        `{select: {kind: Deployment}, reject: [{name: "${pattern}"}], fieldPaths: [metadata.labels.a]}`,
      ),
    ]
    for (const file of files) expect(build(file, long)).not.toContain('hit')
    const path = `spec.template.spec.containers.[name=${pattern}].image`
    const inPath = replacements(`{select: {kind: Deployment}, fieldPaths: ["${path}"]}`)
    expect(() => build(inPath)).toThrow()
  })

  /** Source: what Go's regexp takes. */
  it.each([
    ['(?i)ABC', 'xabcx'],
    ['\\Aabc\\z', 'abc'],
    ['\\Qa.b\\E', 'a.b'],
    ['[[:alpha:]]+\\d{2}', '--ab12'],
    ['(?P<n>x)(?<m>y)', 'xy'],
    ['(?s)a.b', 'a\nb'],
    ['(?m)^b$', 'a\nb\nc'],
    ['\\p{Greek}\\pN', 'α7'],
    ['\\x{1F600}', '😀'],
    ['(x{31}){32}', 'x'.repeat(992)],
  ])('are those of RE2: %s', (pattern, text) => {
    expect(compileRegex(pattern, 'here').test(text)).toBe(true)
  })

  it.each([
    ...[
      '(?=a)',
      '(?!a)',
      '(?<=a)',
      '(?<!a)',
      '(a)\\1',
      '(?>a)',
      'a*+',
      'a**',
      '\\C',
      '\\Z',
      '(',
      '[',
    ],
    ...[
      'x{1001}',
      '(a{1000}){1000}',
      '((((a{10}){10}){10}){10}){10}',
      'a{2,1}',
      '(?i',
      '(?P<n>a)(?P<n>b)',
    ],
  ])('are refused where RE2 refuses them: %s', (pattern) => {
    expect(() => compileRegex(pattern, 'here')).toThrow(/^here: .* is no regular expression/)
  })

  it('are refused where they are very long', () => {
    expect(() => compileRegex('a'.repeat(10_001), 'here')).toThrow('too long')
  })

  it('say where they stand', () => {
    expect(() => build(`patches: [{target: {name: "("}, patch: "${patch}"}]\n`)).toThrow(
      /patches.*name.*no regular expression/,
    )
  })
})
