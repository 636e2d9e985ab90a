import { makeFields } from './kustomization.ts'
import { type Made, makeObject } from './objects.ts'
import { createRandom, type Random } from './random.ts'
import { createRegister, distinct, inner, type Register } from './register.ts'
import { oddText } from './scalars.ts'
import { type Fields, type Value, writeYaml } from './yaml-text.ts'

/** A folder to build, with the arguments of `kustomize build`. */
export type FuzzCase = {
  readonly args: readonly string[]
  readonly files: Readonly<Record<string, string>>
}

/** The same seed and number give the same case. */
export function makeCase(seed: string, number: number): FuzzCase {
  const random = createRandom(`${seed}/${number}`)
  const files = new Map<string, string>()
  const isFlat = random.chance(0.55)
  const folder = isFlat ? '' : 'overlay'
  const isFree = random.chance(0.04)
  const depth = isFlat ? 3 : random.int(2) + 1
  const site = { random, files, depth, isFree, register: createRegister(random) }
  makeFolder(site, folder, 'Kustomization')
  const flags = random.chance(0.5) ? ['--reorder', 'none'] : []
  const restrictor = isFree ? ['--load-restrictor', 'LoadRestrictionsNone'] : []
  return {
    args: [folder === '' ? '.' : folder, ...flags, ...restrictor],
    files: Object.fromEntries(files),
  }
}

type Site = {
  readonly random: Random
  readonly files: Map<string, string>
  readonly depth: number
  /** Files may lie anywhere. */
  readonly isFree: boolean
  readonly register: Register
}

/** Writes a kustomization and all it loads; answers the objects that it gives. */
export function makeFolder(
  site: Site,
  folder: string,
  kind: string,
  inherited: readonly Made[] = [],
): readonly Made[] {
  const { random, files } = site
  const isComponent = kind === 'Component'
  const register = isComponent ? site.register : inner(site.register)
  const base = folder === '' ? '' : `${folder}/`
  const addFile = (name: string, text: string): string => {
    files.set(base + name, text)
    return name
  }
  const inside = { ...site, register }
  const { resources, made } = makeResources(inside, folder, addFile)
  const components =
    site.depth < 3 && random.chance(0.2)
      ? [makeBase(inside, folder, 'component', [...inherited, ...made])]
      : undefined
  const rest = makeFields({ random, made: [...inherited, ...made], addFile, register })
  if (!isComponent) site.register.generated.push(...register.generated)
  const header =
    isComponent || random.chance(0.2)
      ? { apiVersion: `kustomize.config.k8s.io/v1${isComponent ? 'alpha1' : 'beta1'}`, kind }
      : {}
  const file = { ...header, ...splitResources(random, resources), components, ...rest }
  const name = random.chance(0.95)
    ? 'kustomization.yaml'
    : random.pick(['kustomization.yml', 'Kustomization'])
  addFile(name, kustomizationText(random, file))
  return made
}

/** Now and then some of them under the field of old. */
function splitResources(random: Random, all: readonly string[]): Fields {
  if (all.length === 0) return {}
  if (!random.chance(0.05)) return { resources: all }
  const at = random.int(all.length + 1)
  return { resources: at === 0 ? undefined : all.slice(0, at), bases: all.slice(at) }
}

function makeResources(
  site: Site,
  folder: string,
  addFile: (name: string, text: string) => string,
): { resources: string[]; made: readonly Made[] } {
  const { random, depth } = site
  const bases = depth < 3 ? random.times(1, 2, (at) => at) : []
  const inner = bases.map((at) => {
    const made: Made[] = []
    return { made, path: makeBase(site, folder, `base-${at}`, made) }
  })
  const fileCount = depth < 3 ? random.int(2) : 1 + random.int(2)
  const loose = random.times(fileCount, fileCount, (at) => {
    const objects = random.times(1, 4, () => makeObject(random))
    const made = distinct(random, objects, site.register)
    const name = addFile(
      `${random.pick(['a', 'res', 'all'])}-${at}.yaml`,
      documentsText(random, made),
    )
    return { made, path: name }
  })
  const all = random.shuffle([...inner, ...loose])
  const missing = random.risk(0.02) ? ['missing.yaml'] : []
  const twin = random.chance(0.12) ? makeTwin(site, folder, inner) : []
  const outside = (site.isFree ? random.chance(0.3) : random.risk(0.03))
    ? makeOutside(site, folder)
    : []
  return {
    resources: [...all.map(({ path }) => path), ...missing, ...twin, ...outside],
    made: all.flatMap(({ made }) => made),
  }
}

/** Another kustomization on a base that is there, which renames or moves it. */
function makeTwin(
  { random, files }: Site,
  folder: string,
  bases: readonly { readonly path: string }[],
): readonly string[] {
  const [base] = bases
  if (base === undefined || base.path.startsWith('../')) return []
  const fields = {
    resources: [`../${base.path}`],
    namePrefix: random.chance(0.6) ? 'twin-' : undefined,
    nameSuffix: random.chance(0.3) ? '-twin' : undefined,
    namespace: random.chance(0.5) ? 'twin' : undefined,
  }
  const isSame = Object.values(fields).filter((value) => value !== undefined).length === 1
  if (isSame && !random.risk(0.5)) return []
  files.set(`${folder}/twin/kustomization.yaml`, writeYaml(random, fields))
  return ['twin']
}

/** A file beside the folder, which only a lifted restriction lets in. */
function makeOutside({ random, files }: Site, folder: string): readonly string[] {
  if (folder === '') return []
  const parent = folder.split('/').slice(0, -1).join('/')
  files.set(
    `${parent === '' ? '' : `${parent}/`}outside.yaml`,
    writeYaml(random, makeObject(random)),
  )
  return ['../outside.yaml']
}

function makeBase(
  site: Site,
  folder: string,
  name: string,
  made: readonly Made[] | Made[],
): string {
  const isComponent = name === 'component'
  const isBeside = folder !== '' && site.random.chance(0.8)
  const prefix = isBeside ? '../' : ''
  const path = isBeside
    ? `${folder.split('/').slice(0, -1).join('/')}/${name}-${folder.split('/').at(-1)}`
    : `${folder}/${name}`
  const clean = path.replace(/^\//, '')
  const results = makeFolder(
    { ...site, depth: site.depth + 1 },
    clean,
    isComponent ? 'Component' : 'Kustomization',
    isComponent ? made : [],
  )
  if (!isComponent && 'push' in made) made.push(...results)
  return prefix + (clean.split('/').at(-1) ?? '')
}

function documentsText(random: Random, made: readonly Made[]): string {
  const texts = made.map((one) => writeYaml(random, one))
  const between = !random.risk(0.2)
    ? '---\n'
    : random.pick([
        '--- # next\n',
        '---\n---\n',
        '---\n# only a note\n---\n',
        '---  \n',
        '...\n---\n',
        random.risk(0.3) ? '--- {a: b}\n' : '---\n\n',
      ])
  const text =
    (random.chance(0.1) ? '---\n' : '') + texts.join(between) + (random.chance(0.04) ? '---\n' : '')
  if (random.chance(0.01)) return text.replaceAll('\n', '\r\n')
  if (random.chance(0.01)) return `\ufeff${text}`
  if (random.chance(0.01)) return text.replace(/\n/g, () => random.pick(['\n', ' \n', '\t\n']))
  if (random.risk(0.02)) return `%YAML 1.${random.pick([1, 2])}\n---\n${text}`
  return random.risk(0.02) ? text + oddText(random) : text
}

function kustomizationText(random: Random, file: Fields): string {
  const entries: (readonly [string, Value])[] = Object.entries(file).filter(
    ([, value]) => value !== undefined,
  )
  const ordered = random.chance(0.3) ? random.shuffle(entries) : entries
  const text = writeYaml(random, Object.fromEntries(ordered))
  return random.chance(0.06) ? oddly(random, text) : text
}

/** The same in another manner of writing, most of which kustomize takes. */
function oddly(random: Random, text: string): string {
  const broken = random.risk(0.6) ? breakages : []
  return random.pick([...manners, ...broken])(text, random)
}

type Manner = (text: string, random: Random) => string

const manners: readonly Manner[] = [
  (plain) => plain.replaceAll('\n', '\r\n'),
  (plain) => `\ufeff${plain}`,
  (plain) => (/^namePrefix:/m.test(plain) ? plain : `${plain}namePrefix: last-\n`),
  (plain) => (/^namespace:/m.test(plain) ? plain : `${plain}namespace: ~\n`),
  (plain) => `# note\n\n${plain}\n# end`,
  (plain) => plain.replaceAll(': true', ': yes').replaceAll(': false', ': off'),
  (plain) => plain.replace('namePrefix:', 'NamePrefix:').replace('patches:', 'PATCHES:'),
  (plain, random) => plain.replace(/\n/g, () => random.pick(['\n', '\n', '\n\n', ' \n'])),
]

const breakages: readonly Manner[] = [
  (plain) => `---\n${plain}---\nnamePrefix: second-\n`,
  (plain) => `${plain}namePrefix: last-\n`,
  (plain) => `${plain}namespace: ~\n`,
  (plain) => `x-anchor: &x 1\n${plain}`,
  (plain, random) => plain.replace(/\n/g, () => random.pick(['\n', '\n', ' \n', ' # c\n'])),
]
