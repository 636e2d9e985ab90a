import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** The table of design.md §5: a file imports its own room, or a room on a lower level. */
const levels: Readonly<Record<string, number>> = {
  'lib/log': 1,
  'lib/status': 1.1,
  'lib/artifact': 1.2,
  'lib/manifest': 1.2,
  'lib/inventory': 1.3,
  'lib/kustomize': 2,
  'lib/helm': 2,
  'lib/fleet': 2,
  'lib/cel': 2,
  'lib/http': 3,
  'lib/secrets': 3,
  'lib/store': 3,
  'lib/queue': 3,
  'lib/cluster': 3,
  'lib/source': 4,
  'lib/apply': 4,
  'lib/health': 4,
  'lib/receiver': 4,
  'lib/notify': 4,
  'lib/reconcile': 5,
  'lib/web': 6,
  'lib/sandbox': 6,
  'lib/runtime': 7,
  'lib/cli': 8,
  functions: 8,
}

/** Rooms that run in any JavaScript runtime: no clock, no I/O, no environment. */
const pureRooms = [
  'lib/status',
  'lib/manifest',
  'lib/inventory',
  'lib/kustomize',
  'lib/fleet',
  'lib/cel',
]

/** Adapters carry a technology in their name; only the composition roots choose between them. */
const adapters =
  /^lib\/(store|queue|secrets|cluster)\/(s3|files|sqs|local|memory|kms|env)[\w-]*\.ts$/

type Import = { readonly file: string; readonly target: string; readonly line: number }

const sources = globSync(['lib/**/*.ts', 'functions/**/*.ts']).map((file) => normalize(file))

function importsOf(file: string): readonly Import[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap((text, index) => {
    const target =
      /^\s*(?:import|export|\}).*from '([^']+)'/.exec(text)?.[1] ??
      /^import '([^']+)'/.exec(text)?.[1] ??
      /\bimport\('([^']+)'\)/.exec(text)?.[1]
    return target === undefined ? [] : [{ file, target, line: index + 1 }]
  })
}

function roomOf(path: string): string {
  const [top = '', room = ''] = path.split('/')
  return top === 'functions' ? top : `${top}/${room}`
}

const imports = sources.flatMap(importsOf)
const internal = imports
  .filter(({ target }) => target.startsWith('.'))
  .map((entry) => ({ ...entry, path: normalize(join(dirname(entry.file), entry.target)) }))
  .filter(({ path }) => path !== 'package.json')

describe('the house', () => {
  it('knows every room', () => {
    const unknown = sources.filter((file) => levels[roomOf(file)] === undefined)
    expect(unknown).toEqual([])
  })

  it('imports downwards only', () => {
    const wrong = internal.filter(({ file, path }) => {
      const from = roomOf(file)
      const to = roomOf(path)
      return from !== to && !((levels[to] ?? 99) < (levels[from] ?? 0))
    })
    expect(wrong.map(({ file, line, path }) => `${file}:${line} imports ${path}`)).toEqual([])
  })

  it('lets only the composition roots and the sandbox choose adapters', () => {
    const wrong = internal.filter(
      ({ file, path }) =>
        adapters.test(path) &&
        roomOf(file) !== roomOf(path) &&
        !['lib/runtime', 'lib/sandbox'].includes(roomOf(file)),
    )
    expect(wrong.map(({ file, line, path }) => `${file}:${line} imports ${path}`)).toEqual([])
  })

  it('keeps the engines free of I/O, clock and environment', () => {
    const pure = sources.filter((file) => pureRooms.includes(roomOf(file)))
    const wrong = [
      ...imports.filter(({ file, target }) => pure.includes(file) && target.startsWith('node:')),
      ...pure
        .filter((file) =>
          /\bDate\.now\(|new Date\(\)|process\.|\bfetch\(/.test(readFileSync(file, 'utf8')),
        )
        .map((file) => ({ file, line: 0, target: 'clock, process or fetch' })),
    ]
    expect(wrong.map(({ file, line, target }) => `${file}:${line} uses ${target}`)).toEqual([])
  })

  it('reads the environment in runtime and cli only', () => {
    const wrong = sources.filter(
      (file) =>
        !['lib/runtime', 'lib/cli', 'functions'].includes(roomOf(file)) &&
        readFileSync(file, 'utf8').includes('process.env'),
    )
    expect(wrong).toEqual([])
  })

  it('keeps functions thin', () => {
    const long = sources
      .filter((file) => file.startsWith('functions/'))
      .filter((file) => readFileSync(file, 'utf8').split('\n').length > 41)
    expect(long).toEqual([])
  })
})
