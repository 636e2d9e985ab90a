import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TreeFiles } from '../../../lib/artifact/tree.ts'
import { idOf } from '../../../lib/source/git/pack.ts'
import { createRepositoryCache } from '../../../lib/source/git/repository-cache.ts'
import { fetchGit, type GitSource, resolveGit } from '../../../lib/source/git.ts'
import { createGitHost, type Entries, type GitHost } from './host.ts'

let host: GitHost

beforeAll(async () => {
  host = await createGitHost()
})

afterAll(() => host.close())

/** Numbers that look random and are the same in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const names = [
  'a',
  'b.yaml',
  'c d',
  'é',
  'Ü-ümlaut',
  '日本',
  'x\\y',
  "q'uote",
  'tab\there',
  '-dash',
  'z.md',
]
const modes = ['100644', '100644', '100644', '100755', '120000', '160000']

function randomEntries(random: (below: number) => number, count: number): Entries {
  const entries = new Map<string, Entries[string]>()
  for (let index = 0; index < count; index += 1) {
    const depth = 1 + random(5)
    const folders = Array.from({ length: depth - 1 }, () => `d${random(4)}`)
    const path = [...folders, `${names[random(names.length)]}${random(9)}`].join('/')
    const mode = modes[random(modes.length)] ?? '100644'
    const line = `${path} ${random(1000)}\n`
    const text = mode === '160000' ? 'f'.repeat(40) : line.repeat(random(60))
    entries.set(path, { mode, text: mode === '120000' ? 'target' : text })
  }
  return Object.fromEntries(entries)
}

/** What git itself says the commit holds, without links and submodules. */
function listedByGit(repository: string, sha: string): readonly string[] {
  return host
    .git(repository, ['ls-tree', '-r', '-z', sha])
    .split('\0')
    .filter((line) => /^100/.test(line))
    .map((line) => line.replace(/ blob /, ' ').replace('\t', ' '))
    .sort()
}

function listed(files: TreeFiles): readonly string[] {
  return [...files]
    .map(([path, { bytes, isExecutable }]) => {
      const id = idOf({ type: 'blob', bytes: Buffer.from(bytes) })
      return `${isExecutable ? '100755' : '100644'} ${id} ${path}`
    })
    .sort()
}

describe('random repositories', () => {
  it.each([1, 2, 3, 4, 5, 6])('hold the same files and modes as git says (%i)', async (seed) => {
    const random = createRandom(seed)
    const repository = `acme/random-${seed}`
    const source: GitSource = {
      url: `${host.url}/${repository}`,
      ref: { branch: 'main' },
      sparseCheckout: [],
      timeoutMs: 10_000,
    }
    const cache = createRepositoryCache()
    let entries: Entries = {}
    for (let round = 0; round < 4; round += 1) {
      const kept = Object.entries(entries).filter(() => random(10) > 0)
      entries = { ...Object.fromEntries(kept), ...randomEntries(random, 25) }
      const sha = host.commit(repository, entries)
      // Packed anew now and then, so that deltas of all kinds come over the wire.
      if (round % 2 === 1) host.git(repository, ['repack', '-adfq', '--depth=20'])
      for (const ports of [{ outbound: host.outbound }, { outbound: host.outbound, cache }]) {
        const { files } = await fetchGit(source, await resolveGit(source, ports), ports)
        expect(listed(files)).toEqual(listedByGit(repository, sha))
      }
    }
  })
})
