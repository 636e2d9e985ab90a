import { names, namespaces } from './pod.ts'
import type { Random } from './random.ts'
import { freshName, type Register } from './register.ts'
import { anyText, oddText } from './scalars.ts'
import type { Fields } from './yaml-text.ts'

/** Puts a file beside the kustomization file and says its name. */
export type AddFile = (name: string, text: string) => string

/** An entry of configMapGenerator or secretGenerator, with the files that it reads. */
export function makeGenerator(
  random: Random,
  addFile: AddFile,
  isSecret: boolean,
  register: Register,
): Fields {
  const hasEnvs = random.chance(0.2)
  const entry = {
    ...identity(random, isSecret, register),
    literals: random.chance(hasEnvs && !random.risk(0.5) ? 0.1 : 0.7)
      ? literals(random)
      : undefined,
    files: random.chance(0.3) ? random.times(1, 2, (at) => file(random, addFile, at)) : undefined,
    envs: hasEnvs ? [addFile('settings.env', envText(random))] : undefined,
    env: !hasEnvs && random.chance(0.03) ? addFile('other.env', envText(random)) : undefined,
    type: isSecret && random.chance(0.2) ? random.pick(['Opaque', 'kubernetes.io/tls']) : undefined,
    options: random.chance(0.25) ? makeOptions(random) : undefined,
  }
  register.generated.push({ isSecret, entry })
  return entry
}

/** A new one, or one that is there already and is merged with or replaced. */
function identity(random: Random, isSecret: boolean, register: Register): Fields {
  const before = register.generated.filter((other) => other.isSecret === isSecret)
  if (before.length > 0 && random.chance(0.3)) {
    const { name, namespace } = random.pick(before).entry
    return { name, namespace, behavior: random.pick(['merge', 'replace']) }
  }
  const namespace = random.chance(0.1) ? random.pick(namespaces) : undefined
  if (random.risk(0.3)) {
    return {
      name: random.pick([...names, '', 'gen']),
      namespace,
      behavior: random.pick([undefined, 'merge', 'replace', 'create', 'odd']),
    }
  }
  const kind = isSecret ? 'Secret' : 'ConfigMap'
  return {
    name: freshName(random, kind, [...names, 'gen', 'new-one'], namespace, register),
    namespace,
    behavior: random.chance(0.1) ? 'create' : undefined,
  }
}

export function makeOptions(random: Random): Fields {
  return {
    disableNameSuffixHash: random.chance(0.5) ? random.chance(0.7) : undefined,
    immutable: random.chance(0.15) ? random.chance(0.8) : undefined,
    labels: random.chance(0.3) ? { from: random.pick(['gen', 'x']) } : undefined,
    annotations: random.chance(0.3) ? { note: anyText(random) } : undefined,
  }
}

const literalKeys = ['a', 'b', 'key', 'LEVEL', 'x.y', 'z', 'A', 'a1', 'a10']

function literals(random: Random): string[] {
  const keys = random.risk(0.1) ? ['a', 'a'] : random.shuffle(literalKeys)
  return keys.slice(0, random.int(4)).map((key) => literal(random, key))
}

function literal(random: Random, own: string): string {
  const key = random.chance(0.97)
    ? own
    : random.pick(random.risk(0.5) ? ['', 'x', 'a b', 'é'] : [`${own}-y`, `1${own}`])
  const value = random.pick([
    anyText(random),
    '"quoted"',
    "'single'",
    'a=b',
    '',
    '"open',
    oddText(random),
  ])
  return !random.risk(0.03) ? `${key}=${value}` : key
}

function file(random: Random, addFile: AddFile, at: number): string {
  const name = addFile(
    `${random.pick(['app', 'conf/a', 'b'])}-${at}.${random.pick(['txt', 'json', 'properties'])}`,
    fileText(random),
  )
  if (random.risk(0.04)) return random.pick(['missing.txt', `a=b=${name}`, '=x', `${name}=`])
  return random.chance(0.4) ? `file-${at}.key=${name}` : name
}

function fileText(random: Random): string {
  return random.pick([
    () => oddText(random),
    () => 'a: 1\nb: 2\n',
    () => `${'line with words '.repeat(random.int(9))}\nmore\n`,
    () => '{"a": [1, 2]}',
    () => '#!/bin/sh\r\necho\r\n',
    () => '',
    () => `x${' '.repeat(random.int(4))}\n\n\n`,
    () => random.times(1, 6, () => oddText(random)).join('\n'),
  ])()
}

function envText(random: Random): string {
  const line = (): string =>
    random.pick([
      'A=1',
      'B = x',
      '# note',
      '',
      '  C=lead',
      'D',
      'E="q"',
      'F=a=b',
      'export G=1',
      random.risk(0.1) ? '=x' : 'J=',
      `H=${oddText(random).replaceAll('\n', ' ')}`,
      'I=\r',
    ])
  const keyOf = (text: string): string => (text.split('=')[0] ?? '').trim()
  const all = random.times(0, 4, line)
  const lines = random.risk(0.1)
    ? all
    : all.filter((text, at) => all.findIndex((other) => keyOf(other) === keyOf(text)) === at)
  const text = lines.join('\n')
  return (random.chance(0.05) ? '\ufeff' : '') + text + random.pick(['\n', ''])
}
