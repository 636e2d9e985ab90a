// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how the dialect is written
import { createRandom, type Random } from './random.ts'

export type EnvsubstCase = {
  readonly text: string
  readonly variables: ReadonlyMap<string, string>
  readonly isStrict: boolean
}

/** A text in Flux's dialect of substitution, with the variables for it. */
export function makeEnvsubstCase(seed: string, number: number): EnvsubstCase {
  const random = createRandom(`${seed}/envsubst/${number}`)
  const set = random.some(names, 0.6)
  return {
    text: random.times(1, 4, () => makePiece(random)).join(random.pick(['', ' ', '\n', ': '])),
    variables: new Map(set.map((name) => [name, random.pick(values)])),
    isStrict: random.chance(0.3),
  }
}

const names = ['V', 'NAME', 'x_1', 'EMPTY', '_u', 'PATHS']

const values = [
  'value',
  'Hello World',
  '',
  'a/b/c',
  'é日本',
  '😀x',
  'aaa',
  'a.b.c',
  '5',
  '$V',
  '${V}',
  'a*b',
  'x y',
  '[a]',
  'ÀÉ',
  'ß',
  'path/to/file.tar.gz',
  '\\',
  'a\\b',
]

const plain = [
  'text',
  ' ',
  '$',
  '$$',
  '$$$',
  '{',
  '}',
  '$V',
  '$(V)',
  '$1',
  '{{ x }}',
  'a: "b"',
  '\\',
  '\n',
  'é',
  '${',
  '$${V}',
  '$$$${V}',
  "'",
  '#',
  '/',
  '$}',
  '$ {V}',
]

function makePiece(random: Random): string {
  return random.chance(0.3) ? random.pick(plain) : makeReference(random, 0)
}

function makeReference(random: Random, depth: number): string {
  const name = random.chance(0.93)
    ? random.pick(names)
    : random.pick(['none', 'a.b', '', ' x', 'é', '1', 'a-b', '{ x }', '@', '?'])
  const argument = (): string => makeArgument(random, depth)
  const pattern = (): string =>
    random.pick([
      'a',
      '*',
      '?',
      'a*',
      '*/',
      '*.',
      '/*',
      '.*',
      '[a-c]',
      '[!a]',
      '\\*',
      'x',
      '',
      'é',
      '**',
      '*a*',
      '[',
      '日',
      argument(),
    ])
  const number = (): string =>
    random.pick(['0', '1', '2', '-1', ' -1', '99', '', 'x', '1.5', '00', '+1'])
  return random.pick<() => string>([
    () => `\${${name}}`,
    () => `\${${name}}`,
    () => `\${#${name}}`,
    () => `\${${name}${random.pick(['^', '^^', ',', ',,', '~', '@'])}}`,
    () => `\${${name}:${number()}}`,
    () => `\${${name}:${number()}:${number()}}`,
    () => `\${${name}${random.pick(['#', '##', '%', '%%'])}${pattern()}}`,
    () => `\${${name}${random.pick(['/', '//', '/#', '/%'])}${pattern()}/${argument()}}`,
    () => `\${${name}${random.pick(['/', '//'])}${pattern()}}`,
    () => `\${${name}${random.pick([':=', '=', ':-', ':+', ':?', '-', '+', '?'])}${argument()}}`,
    () => `\${${name}:=${argument()}}`,
    () => `\${ ${name} }`,
    () => `\${${name}`,
  ])()
}

function makeArgument(random: Random, depth: number): string {
  if (depth < 2 && random.chance(0.2)) return makeReference(random, depth + 1)
  return random.pick([
    'd',
    'default value',
    '',
    'a/b',
    'a\\/b',
    '"q"',
    'é',
    '$',
    '$$',
    '$V',
    ':',
    '=',
    '}',
    '\\}',
    '#',
    '-',
    'x:y',
    '{',
    '\\',
    "'q'",
    '\n',
  ])
}
