import { describe, expect, it } from 'vitest'
import { filesOfTexts } from '../../lib/artifact/tree.ts'
import { createCheckoutTree } from '../../lib/source/checkout-tree.ts'

describe('a repository with links', () => {
  const files = filesOfTexts({ 'a/x.yaml': 'x', 'b/c/y.yaml': 'y' })
  const treeWith = (links: Readonly<Record<string, string>>, missing: readonly string[] = []) =>
    createCheckoutTree({
      files,
      links: new Map(Object.entries(links)),
      missing: new Map(missing.map((path) => [path, 'nobody has it'])),
    })

  it.each([
    ['z.yaml', 'a/x.yaml', 'z.yaml', 'a/x.yaml'],
    ['z', 'b/c', 'z/y.yaml', 'b/c/y.yaml'],
    ['a/up', '../b/./c/', 'a/up/y.yaml', 'b/c/y.yaml'],
    ['a/root', '..', 'a/root/a/root/a/x.yaml', 'a/x.yaml'],
  ])('leads where a clone leads: %s → %s', (link, target, path, real) => {
    const tree = treeWith({ [link]: target })
    expect(tree.kindOf(path)).toBe('file')
    expect(tree.realPath?.(path)).toBe(real)
    expect(tree.read(path)).toEqual(files.get(real)?.bytes)
  })

  it('takes the parent of where a link leads, not of the link', () => {
    const tree = treeWith({ z: 'b/c', w: 'z/../c/y.yaml' })
    expect(tree.realPath?.('w')).toBe('b/c/y.yaml')
  })

  it('lists links beside files', () => {
    expect(treeWith({ 'a/z': '../b', q: 'nowhere' }).list('')).toEqual(['a', 'b', 'q'])
    expect(treeWith({ 'a/z': '../b' }).list('a')).toEqual(['x.yaml', 'z'])
    expect(treeWith({ 'a/z': '../b' }).list('a/z')).toEqual(['c'])
    expect(treeWith({ q: 'nowhere' }).kindOf('q')).toBeUndefined()
  })

  it.each(['/etc/passwd', '../..', '../../etc/passwd', '../b/../../..'])(
    'does not leave by %s',
    (target) => {
      expect(() => treeWith({ 'a/z': target }).read('a/z/q')).toThrow(
        expect.objectContaining({ code: 'PathOutsideRoot' }),
      )
    },
  )

  it.each([
    { z: 'z' },
    { z: 'y', y: 'z' },
    { z: `${'z/'.repeat(1_000)}` },
    { z: `${'a/../'.repeat(1_000)}a` },
  ])('comes to an end: %#', (links) => {
    expect(() => treeWith(links).read('z')).toThrow(
      expect.objectContaining({ code: 'RemoteFailed' }),
    )
  })

  it('names the submodule that is not there, to those who need it', () => {
    const tree = treeWith({ z: 'vendor/lib' }, ['vendor/lib'])
    expect(tree.kindOf('a')).toBe('folder')
    for (const path of ['vendor/lib', 'vendor/lib/x.yaml', 'z/x.yaml']) {
      expect(() => tree.kindOf(path)).toThrow('vendor/lib is a submodule: nobody has it')
    }
  })
})
