import childProcess from 'node:child_process'
import { createServer } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Listening, listenOnLoopback } from '../../lib/sandbox/listen.ts'
import { configMap, fromBucket, variable } from './fleet.ts'
import { type Files, isReady, isSettled, type Served, serveForAttacks } from './serve.ts'

/** What an attacker commits, and what must be said of it. */
type Case = { readonly files: Files; readonly says: RegExp; readonly spec?: object }

const app = { 'app.yaml': configMap('app') }
const file = (text: string, more: Files = app): Files => ({ 'kustomization.yaml': text, ...more })

let served: Served
let canary: Listening
let visits = 0
const spawned: string[] = []
const untrap = trapSpawns((name) => spawned.push(name))

beforeAll(async () => {
  canary = await listenOnLoopback(
    createServer((_, response) => {
      visits += 1
      response.end(configMap('fetched'))
    }),
  )
  const objects: Record<string, string> = { 'secret.yaml': configMap('secret') }
  for (const [name, { files }] of Object.entries(all())) {
    for (const [path, text] of Object.entries(files)) objects[`${name}/${path}`] = text
  }
  served = await serveForAttacks({
    objects,
    fleet: ({ endpoint }) =>
      Object.entries(all()).flatMap(([name, { spec = {} }]) => fromBucket(name, endpoint, spec)),
  })
})
afterAll(async () => {
  untrap()
  await served.close()
  await canary.close()
})

/** Every field that names a file. */
const outside: Readonly<Record<string, (path: string) => string>> = {
  resources: (path) => `resources: [${path}]`,
  components: (path) => `components: [${path}]`,
  patches: (path) => `resources: [app.yaml]\npatches: [{path: ${path}}]`,
  files: (path) => `configMapGenerator: [{name: g, files: [${path}]}]`,
  envs: (path) => `configMapGenerator: [{name: g, envs: [${path}]}]`,
  secrets: (path) => `secretGenerator: [{name: g, files: [${path}]}]`,
  configurations: (path) => `resources: [app.yaml]\nconfigurations: [${path}]`,
  crds: (path) => `resources: [app.yaml]\ncrds: [${path}]`,
  openapi: (path) => `resources: [app.yaml]\nopenapi: {path: ${path}}`,
  replacements: (path) => `resources: [app.yaml]\nreplacements: [{path: ${path}}]`,
}

const escapes: Readonly<Record<string, Case>> = Object.fromEntries(
  Object.entries(outside).flatMap(([field, write]): readonly (readonly [string, Case])[] => [
    [
      `a16-${field}-up`,
      { files: file(write('../../../etc/passwd')), says: /outside|leaves|above|invalid/i },
    ],
    [
      `a16-${field}-root`,
      { files: file(write('/etc/passwd')), says: /absolute|outside|leaves|invalid/i },
    ],
  ]),
)

const cycles: Readonly<Record<string, Case>> = {
  'a17-self': { files: file('resources: [.]'), says: /leads back to/ },
  'a17-two': {
    files: {
      'kustomization.yaml': 'resources: [a]',
      'a/kustomization.yaml': 'resources: [../b]',
      'b/kustomization.yaml': 'resources: [../a]',
    },
    says: /leads back to/,
  },
  'a17-double': {
    files: Object.fromEntries([
      ['kustomization.yaml', 'components: [c0]'],
      ...Array.from({ length: 30 }, (_, at) => [
        `c${at}/kustomization.yaml`,
        `kind: Component\ncomponents: [../c${at + 1}, ../c${at + 1}]`,
      ]),
      ['c30/kustomization.yaml', 'kind: Component\nnamePrefix: x'],
    ]),
    says: /more than|too many/i,
  },
}

const plugin = (spec: string) =>
  `apiVersion: x/v1\nkind: F\nmetadata:\n  name: f\n  annotations:\n    config.kubernetes.io/function: |\n      ${spec}\n`
const programs: Readonly<Record<string, Case>> = {
  'a18-helm': {
    files: file('helmCharts: [{name: x, repo: "https://charts.example"}]'),
    says: /helm/i,
  },
  'a18-helm-global': {
    files: file(
      'resources: [app.yaml]\nhelmGlobals: {chartHome: /tmp}\nhelmChartInflationGenerator: [{chartName: x}]',
    ),
    says: /helm/i,
  },
  'a18-exec': {
    files: file('generators: [f.yaml]', {
      'f.yaml': plugin('exec: {path: ./run.sh}'),
      'run.sh': '#!/bin/sh\nid',
    }),
    says: /exec|function|plugin/i,
  },
  'a18-container': {
    files: file('resources: [app.yaml]\ntransformers: [f.yaml]', {
      ...app,
      'f.yaml': plugin('container: {image: evil}'),
    }),
    says: /container|function|plugin/i,
  },
}

const remotes = (): Readonly<Record<string, Case>> =>
  Object.fromEntries(
    [
      `${canary?.url}/app.yaml`,
      'http://169.254.169.254/latest/meta-data/',
      'http://[::ffff:169.254.169.254]/latest',
      'https://10.0.0.1/app.yaml',
      'github.com/acme/app//deploy?ref=main',
      'git@github.com:acme/app.git',
      'ssh://git@127.0.0.1/acme/app',
      'file:///etc',
    ].map((url, at): readonly [string, Case] => [
      `a19-${at}`,
      { files: file(`resources: ["${url}"]`), says: /remote files and bases/ },
    ]),
  )

const aliasBomb = [
  'a: &a0 [x]',
  ...Array.from({ length: 30 }, (_, at) => `b${at}: &a${at + 1} [*a${at}, *a${at}]`),
]
const large = (text: string): Files => file('resources: [app.yaml]', { 'app.yaml': text })
const bombs: Readonly<Record<string, Case>> = {
  'a24-alias': {
    files: large(`${yaml('app')}data:\n  ${aliasBomb.join('\n  ')}\n`),
    says: /alias/i,
  },
  'a24-deep': { files: large(`${yaml('app')}data: ${'['.repeat(100_000)}`), says: /deep/i },
  'a24-deep-json': {
    files: large(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
    says: /deep/i,
  },
  'a24-documents': { files: large('a: 1\n---\n'.repeat(1_000_000)), says: /documents/i },
}

const prototypes: Readonly<Record<string, Case>> = {
  a25: {
    files: {
      'kustomization.yaml': [
        'resources: [app.yaml]',
        'commonLabels: {constructor: c}',
        'patches:',
        '- patch: |',
        '    apiVersion: v1',
        '    kind: ConfigMap',
        '    metadata: {name: app, namespace: default}',
        '    data: {__proto__: patched, constructor: c}',
      ].join('\n'),
      'app.yaml': `${yaml('app')}data: {__proto__: old, "-": "\${constructor}\${toString}"}\n`,
    },
    says: /^Applied revision/,
    spec: { postBuild: { substitute: { constructor: 'given', toString: 'given' } } },
  },
}

/** What an object of JavaScript has by itself is no variable. */
const unsetVariable: Case = {
  files: large(
    configMap('a25-unset', { at: `${variable('__proto__')}${variable('hasOwnProperty')}` }),
  ),
  says: /variable not set/,
  spec: { postBuild: { substitute: { here: 'x' } } },
}

const script = `echo ${variable('HOME')} $${variable('x')}`

const variables: Readonly<Record<string, Case>> = {
  'a26-strict': {
    files: file('resources: [app.yaml, late.yaml]', {
      'app.yaml': configMap('a26-first'),
      'late.yaml': configMap('a26-late', { at: variable('nowhere') }),
    }),
    says: /variable not set|nowhere/,
    spec: { postBuild: { substitute: { here: 'x' } } },
  },
  'a26-marked': {
    files: file('resources: [app.yaml]', {
      'app.yaml': configMap('a26-marked', { script, at: variable('here') }).replace(
        '"metadata":{',
        '"metadata":{"annotations":{"kustomize.toolkit.fluxcd.io/substitute":"disabled"},',
      ),
    }),
    says: /^Applied revision/,
    spec: { postBuild: { substitute: { here: 'x', HOME: 'stolen' } } },
  },
}

function all(): Readonly<Record<string, Case>> {
  return {
    ...escapes,
    ...cycles,
    ...programs,
    ...remotes(),
    ...bombs,
    ...prototypes,
    'a25-unset': unsetVariable,
    ...variables,
  }
}

async function refused(name: string, { says }: Case): Promise<void> {
  const { reason, message, inventory } = await served.until('Kustomization', name, isSettled)
  expect(message).toMatch(says)
  expect(reason).toBe('BuildFailed')
  expect(inventory).toEqual([])
  expect(message.length).toBeLessThan(2_000)
}

describe('a commit', () => {
  it.each(Object.entries(escapes))('A16: that names a file outside is refused: %s', refused)
  it.each(Object.entries(cycles))('A17: that has no end is refused: %s', refused)
  it.each(Object.entries(programs))(
    'A18: that wants a program run is refused: %s',
    async (name, one) => {
      await refused(name, one)
      expect(spawned).toEqual([])
    },
  )
  it.each(Object.keys(remotes()))(
    'A19: that wants something fetched is refused: %s',
    async (name) => {
      await refused(name, { files: {}, says: /remote files and bases/ })
      expect(visits).toBe(0)
    },
  )
  it.each(Object.entries(bombs))('A24: that would fill the memory is refused: %s', refused)

  it('A25: changes no prototype, and keeps its keys', async () => {
    await refused('a25-unset', unsetVariable)
    await served.until('Kustomization', 'a25', isReady)
    expect(JSON.stringify(await dataOf('app'))).toBe(
      JSON.stringify(JSON.parse('{"-":"givengiven","__proto__":"patched","constructor":"c"}')),
    )
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(Reflect.get({}, 'patched')).toBeUndefined()
  })

  it('A26: with a variable that is nowhere writes nothing, and what is marked stays as it is', async () => {
    const { says } = variables['a26-strict'] ?? { says: /^$/ }
    expect((await served.until('Kustomization', 'a26-strict', isSettled)).message).toMatch(says)
    expect(await dataOf('a26-first')).toBeUndefined()
    await served.until('Kustomization', 'a26-marked', isReady)
    expect(await dataOf('a26-marked')).toEqual({ script, at: variable('here') })
  })
})

function yaml(name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, namespace: default}\n`
}

async function dataOf(name: string): Promise<unknown> {
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'default', name }
  return (await (await served.client()).find(ref))?.data
}

/** Tells of every way in which this process can start another. */
function trapSpawns(tell: (name: string) => void): () => void {
  const names = [
    'spawn',
    'spawnSync',
    'exec',
    'execSync',
    'execFile',
    'execFileSync',
    'fork',
  ] as const
  const kept = names.map((name) => [name, childProcess[name]] as const)
  for (const [name] of kept) {
    const trap = () => {
      tell(name)
      throw new Error(`${name} was called`)
    }
    Object.assign(childProcess, { [name]: trap })
  }
  syncBuiltinESMExports()
  return () => {
    Object.assign(childProcess, Object.fromEntries(kept))
    syncBuiltinESMExports()
  }
}
