import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseFileName, pathOfKey } from '../../lib/store/file-names.ts'

/** The key that a path of the state folder stands for, by reading each name on the way. */
function keyOf(path: string): string {
  const names = path.split('/')
  let begun = ''
  return names
    .flatMap((name) => {
      const parsed = parseFileName(name, begun)
      if (parsed?.type === 'part') {
        begun = parsed.encoded
        return []
      }
      begun = ''
      return [parsed?.segment ?? '?']
    })
    .join('/')
}

const segment = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    fc.constantFrom(
      'con',
      'NUL.txt',
      '...',
      '.rec',
      'a.rec',
      '~',
      'x~',
      '%41',
      '.locks',
      'a.',
      'É',
    ),
    fc.string({ unit: fc.constantFrom('.', 'a', 'é', '~'), minLength: 150, maxLength: 300 }),
  )
  .filter((text) => !/^\.{1,2}$|\//.test(text))
const key = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))

describe('file names', () => {
  it('keep readable keys readable', () => {
    expect(pathOfKey('status/staging/Kustomization/flux-system/apps')).toBe(
      'status/staging/%4bustomization/flux-system/apps.rec',
    )
  })

  it('lead back to their key', () => {
    fc.assert(
      fc.property(key, (text) => {
        expect(keyOf(pathOfKey(text))).toBe(text)
      }),
    )
  })

  it('are safe on every disk: short, of few characters, never hidden, never a device or a way up', () => {
    fc.assert(
      fc.property(key, (text) => {
        const [first = '', ...rest] = pathOfKey(text).split('/')
        expect(first).not.toMatch(/^\./)
        for (const name of [first, ...rest]) {
          expect(name).toMatch(/^[a-z0-9._%-]{1,210}~?$/)
          expect(name).not.toMatch(/^\.{1,2}$|\.$/)
          expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/)
        }
      }),
    )
  })

  it('differ by more than case where keys differ', () => {
    fc.assert(
      fc.property(key, key, (a, b) => {
        fc.pre(a !== b)
        expect(pathOfKey(a).toLowerCase()).not.toBe(pathOfKey(b).toLowerCase())
      }),
    )
  })

  it('of other programs mean nothing', () => {
    for (const name of [
      '.DS_Store',
      'Thumbs.db',
      'a b.rec',
      '%4.rec',
      '%ff.rec',
      '.rec',
      'é.rec',
      '',
    ]) {
      expect(parseFileName(name, '')).toBeUndefined()
    }
  })
})
