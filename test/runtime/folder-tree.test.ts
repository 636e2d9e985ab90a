import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFolderTree } from '../../lib/runtime/folder-tree.ts'

let folder = ''

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'driftless-folder-')))
  mkdirSync(join(folder, 'root/sub'), { recursive: true })
  writeFileSync(join(folder, 'root/sub/b'), 'bee')
  writeFileSync(join(folder, 'root/a'), 'a')
  writeFileSync(join(folder, 'secret'), 'secret')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const escaped = expect.objectContaining({ code: 'PathOutsideRoot' })

describe('a folder as a tree', () => {
  it('reads files and lists folders', () => {
    const tree = createFolderTree(join(folder, 'root'))
    expect(tree.list('')).toEqual(['a', 'sub'])
    expect(tree.list('nope')).toEqual([])
    expect(tree.kindOf('sub')).toBe('folder')
    expect(tree.kindOf('sub/b')).toBe('file')
    expect(tree.kindOf('nope')).toBeUndefined()
    expect(Buffer.from(tree.read('sub/b') ?? []).toString()).toBe('bee')
    expect(tree.read('sub')).toBeUndefined()
    expect(tree.read('nope')).toBeUndefined()
  })

  it('follows links that stay inside, and tells where they lead', () => {
    symlinkSync('sub', join(folder, 'root/link'))
    const tree = createFolderTree(join(folder, 'root'))
    expect(tree.kindOf('link/b')).toBe('file')
    expect(tree.realPath?.('link/b')).toBe('sub/b')
  })

  it.each(['../secret', 'sub/../../secret'])('refuses %s', (path) => {
    const tree = createFolderTree(join(folder, 'root'))
    expect(() => tree.read(path)).toThrow(escaped)
  })

  it('refuses links that lead out, to files and to folders', () => {
    symlinkSync('../secret', join(folder, 'root/file'))
    symlinkSync('..', join(folder, 'root/up'))
    const tree = createFolderTree(join(folder, 'root'))
    expect(() => tree.read('file')).toThrow(escaped)
    expect(() => tree.read('up/secret')).toThrow(escaped)
    expect(() => tree.list('up')).toThrow(escaped)
    expect(() => tree.kindOf('file')).toThrow(escaped)
  })

  it('refuses a file that is too large', () => {
    const tree = createFolderTree(join(folder, 'root'), { maxFileBytes: 2 })
    expect(tree.read('a')).toHaveLength(1)
    expect(() => tree.read('sub/b')).toThrow(expect.objectContaining({ code: 'FileTooLarge' }))
  })
})
