import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf, openArchive, packTree, unpackTree } from '../../lib/artifact/archive.ts'
import { type TarHeader, writeHeader } from '../../lib/artifact/tar-header.ts'
import { filesOfTexts, type TreeFile, type TreeFiles } from '../../lib/artifact/tree.ts'

const longName = `${'folder/'.repeat(20)}é.yaml`
const end = new Uint8Array(1024)

function tarOf(...headers: readonly Partial<TarHeader>[]): Uint8Array {
  const blocks = headers.map((header) => {
    const block = new Uint8Array(512)
    writeHeader(block, { name: 'x', mode: 0o600, sizeBytes: 0, type: '0', ...header })
    return block
  })
  return Buffer.concat([...blocks, end])
}

const entries = (files: TreeFiles): readonly (readonly [string, TreeFile])[] =>
  [...files].map(([path, { bytes, isExecutable }]): readonly [string, TreeFile] => [
    path,
    { bytes: new Uint8Array(bytes), isExecutable },
  ])

describe('packTree', () => {
  it('gives equal bytes for equal trees, whatever their order', () => {
    const one = packTree(filesOfTexts({ 'b/x': '1', a: '2', 'b-c': '3' }))
    const other = packTree(filesOfTexts({ 'b-c': '3', a: '2', 'b/x': '1' }))
    expect(other.digest).toBe(one.digest)
  })

  it('keeps this digest in every release', () => {
    const { digest } = packTree(filesOfTexts({ 'a.yaml': 'kind: A\n', [longName]: 'kind: B\n' }))
    // Stored artifacts are found by it: should this ever change, every source is fetched anew.
    expect(digest).toBe('sha256:f805895e96ddfc34ed890ef4d93d72a86c853c0ca81282d8684e68e54f19c145')
  })

  it('is read by the system’s tar', () => {
    const files = new Map([
      ...filesOfTexts({ [longName]: 'long', 'a b.yaml': 'x'.repeat(513) }),
      ['run.sh', { bytes: Buffer.from('#!'), isExecutable: true }] as const,
    ])
    const listing = execFileSync('tar', ['-tvf', '-', '--quoting-style=literal'], {
      input: packTree(files).bytes,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    })
    expect(listing.trim().split('\n')).toEqual([
      '-rw------- 0/0             513 1970-01-01 00:00 a b.yaml',
      `-rw------- 0/0               4 1970-01-01 00:00 ${longName}`,
      '-rwx------ 0/0               2 1970-01-01 00:00 run.sh',
    ])
  })

  it('comes back as it went in', () => {
    const segment = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..')
      .filter((text) => text.isWellFormed())
    const path = fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))
    const file = fc.record({
      bytes: fc.uint8Array({ maxLength: 1200 }),
      isExecutable: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.dictionary(path, file, { maxKeys: 8 }), (tree) => {
        const files = new Map(Object.entries(tree).filter(([key]) => !isFolderOf(tree, key)))
        const { bytes, digest } = packTree(files)
        const back = openArchive(bytes, digest)
        expect(new Map(entries(back))).toEqual(new Map(entries(files)))
      }),
      { numRuns: 60 },
    )
  })

  it.each(['', '/etc/passwd', '../x', 'a/../b', './a', 'a//b', 'a/', 'a\0b', 'x'.repeat(256)])(
    'refuses the path %j',
    (path) => {
      expect(() => packTree(filesOfTexts({ [path]: '' }))).toThrow(/^the path /)
    },
  )

  it('refuses a file that is a folder too', () => {
    const files = filesOfTexts({ 'a/b': '', 'a/b/c/d': '' })
    expect(() => packTree(files)).toThrow('"a/b" is a file and a folder at once')
  })
})

function isFolderOf(tree: object, key: string): boolean {
  return Object.keys(tree).some((other) => other.startsWith(`${key}/`))
}

describe('unpackTree', () => {
  it('reads what the system’s tar wrote, folders left out', () => {
    const input = execFileSync('tar', ['--format=pax', '-cf', '-', '-C', 'lib/artifact', '.'], {
      env: { ...process.env, LC_ALL: 'C' },
    })
    expect(() => unpackTree(input)).toThrow("holds the segment '.'")
    const clean = execFileSync('tar', ['--format=ustar', '-cf', '-', 'lib/artifact'])
    expect([...unpackTree(clean).keys()]).toContain('lib/artifact/tree.ts')
  })

  it.each([
    ['a hard link', { type: '1' }, /"x" is a link/],
    ['a symbolic link', { type: '2' }, /"x" is a link/],
    ['a device', { type: '3' }, /entry of type "3"/],
    ['a sparse file', { type: 'S' }, /entry of type "S"/],
    ['a path that escapes', { name: '../../etc/passwd' }, /holds the segment '\.\.'/],
    ['an absolute path', { name: '/etc/passwd' }, /is absolute/],
    ['a file longer than the archive', { sizeBytes: 10 ** 9 }, /ends within a file/],
    ['an extended header of no sense', { type: 'x', sizeBytes: 512 }, /malformed/],
  ] as const)('A14: refuses %s', (_, header, message) => {
    expect(() => unpackTree(tarOf(header))).toThrow(message)
  })

  it('A14: refuses a name that comes twice', () => {
    expect(() => unpackTree(tarOf({}, {}))).toThrow('"x" stands in it twice')
  })

  it('refuses noise and an archive that stops early', () => {
    expect(() => unpackTree(randomBytes(2048))).toThrow('no header at byte 0')
    expect(() => unpackTree(tarOf({}).subarray(0, 512))).toThrow('no header at byte 512')
  })

  it('stops at its limits', () => {
    const { bytes } = packTree(filesOfTexts({ a: '', b: '', c: '' }))
    expect(() => unpackTree(bytes, { maxFiles: 2 })).toThrow('more than 2 files')
    expect(() => unpackTree(bytes, { maxBytes: 1024 })).toThrow('more than 1024 bytes')
  })

  it('opens only what its digest vouches for', () => {
    const { bytes, digest } = packTree(filesOfTexts({ a: 'kind: A' }))
    const altered = new Uint8Array(bytes)
    altered[515] = 0x42
    expect(() => openArchive(altered, digest)).toThrow(
      expect.objectContaining({ code: 'DigestMismatch', retryable: true }),
    )
    expect(digestOf(bytes)).toBe(digest)
  })
})
