// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how the dialect is written
import type { JsonObject } from '../../../lib/manifest/object.ts'
import { makeFolder } from './make-case.ts'
import { type Made, makeObject } from './objects.ts'
import { mergePatch, selectorOf } from './patches.ts'
import { makeImage } from './plugins.ts'
import { namespaces } from './pod.ts'
import { createRandom, type Random } from './random.ts'
import { createRegister } from './register.ts'
import { type Fields, writeYaml } from './yaml-text.ts'

/** A folder `app`, and the spec of a Kustomization of Flux that points at it. */
export type FluxFuzzCase = {
  readonly files: Readonly<Record<string, string>>
  readonly spec: JsonObject
  readonly isStrict: boolean
}

/** The same seed and number give the same case. */
export function makeFluxCase(seed: string, number: number): FluxFuzzCase {
  const random = createRandom(`${seed}/flux/${number}`)
  const files = new Map<string, string>()
  const made = random.chance(0.75)
    ? makeFolder(
        {
          random,
          files,
          depth: 2 + random.int(2),
          isFree: false,
          register: createRegister(random),
        },
        'app',
        'Kustomization',
      )
    : makeLoose(random, files)
  const spec = makeSpec(random, made, files)
  const isSubstituted = 'postBuild' in spec
  const texts = [...files].map(([name, text]): [string, string] => [
    name,
    isSubstituted && random.chance(0.6) ? withVariables(random, plain(text)) : plain(text),
  ])
  return { files: Object.fromEntries(texts), spec, isStrict: random.chance(0.3) }
}

/** Manifests without a kustomization file, which Flux makes up. */
function makeLoose(random: Random, files: Map<string, string>): readonly Made[] {
  const names = random.some(['a.yaml', 'b.yml', 'sub/c.yaml', 'sub/deep/d.yaml', 'notes.txt'], 0.6)
  return names.flatMap((name) => {
    const made = random.times(1, 2, () => makeObject(random))
    files.set(`app/${name}`, made.map((one) => writeYaml(random, one)).join('---\n'))
    return made
  })
}

function makeSpec(random: Random, made: readonly Made[], files: Map<string, string>): JsonObject {
  const maybe = <T>(probability: number, make: () => T): T | undefined =>
    random.chance(probability) ? make() : undefined
  const spec = {
    targetNamespace: maybe(0.4, () => random.pick(namespaces)),
    namePrefix: maybe(0.2, () => random.pick(['fx-', 'p.'])),
    nameSuffix: maybe(0.15, () => random.pick(['-fx', '.s'])),
    commonMetadata: maybe(0.3, () => ({
      labels: maybe(0.7, () => ({ team: random.pick(['a', 'yes', '1']) })),
      annotations: maybe(0.5, () => ({ note: random.pick(['b', 'true', 'x: y']) })),
    })),
    patches: maybe(0.35, () => (made.length === 0 ? [] : [makePatch(random, made)])),
    images: maybe(0.3, () => random.times(1, 2, () => plainImage(random))),
    components: maybe(0.15, () => [makeComponent(random, files)]),
    ignoreMissingComponents: maybe(0.15, () => true),
    postBuild: maybe(0.6, () => ({
      substitute: Object.fromEntries(
        random.some(variableNames, 0.7).map((name) => [name, random.pick(variableValues)]),
      ),
    })),
  }
  return JSON.parse(JSON.stringify(spec))
}

function makePatch(random: Random, made: readonly Made[]): Fields {
  const one = random.pick(made)
  const { name, ...rest } = selectorOf(random, one)
  const target = { ...rest, name: typeof name === 'string' ? name : undefined }
  return {
    patch: writeYaml(random, mergePatch(random, one)),
    target: random.chance(0.5) ? target : undefined,
  }
}

function plainImage(random: Random): Fields {
  const { name, newName, newTag, digest } = makeImage(random)
  return { name, newName, newTag: typeof newTag === 'string' ? newTag : undefined, digest }
}

function makeComponent(random: Random, files: Map<string, string>): string {
  if (random.chance(0.2)) return '../missing'
  const fields = {
    apiVersion: 'kustomize.config.k8s.io/v1alpha1',
    kind: 'Component',
    commonAnnotations: { component: 'yes' },
  }
  files.set('part/kustomization.yaml', writeYaml(random, fields))
  return random.chance(0.9) ? '../part' : 'https://example.com/part'
}

const variableNames = ['V', 'NAME', 'x_1', 'EMPTY', 'NUMBER']
const variableValues = ['value', 'a b', '', '5', 'true', 'x: y', '"q"', "it's", 'a\nb', '$V', '~']

const references = [
  '${V}',
  '${NAME}',
  '${x_1:=d}',
  '${EMPTY:-e}',
  '${NUMBER}',
  '$${V}',
  '$$',
  '$V',
  '$(V)',
  '${NAME:0:2}',
  '${V/a/b}',
  '${NAME^^}',
  '${#NAME}',
  '${none:=5}',
  'a$${V}b',
  '${V}-${NAME}',
]

/** Without what only the command line of Flux stumbles over: labels that are null, and a list named items in an object of any kind. */
function plain(text: string): string {
  return text
    .replace(/^("?)items\1:/gm, 'things:')
    .replace(/^(\s*"?labels"?:) (null|~)$/gm, '$1 {}')
    .replace(/^( *)("?labels"?):\n(?!\1 )/gm, '$1$2: {}\n')
}

/** Some plain values of the text become references, and some quoted ones. */
function withVariables(random: Random, text: string): string {
  return text.replace(
    /(?<!apiVersion"?|kind"?|name"?|namespace"?): ("?)(web|api|db|nginx|debug|a|b|v1|\/data|busybox)\1$/gm,
    (whole, quote) => (random.chance(0.3) ? `: ${quote}${random.pick(references)}${quote}` : whole),
  )
}
