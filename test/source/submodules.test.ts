import { describe, expect, it } from 'vitest'
import { filesOfTexts } from '../../lib/artifact/tree.ts'
import type { Checkout } from '../../lib/source/git/checkout.ts'
import { addSubmodules, joinUrl, readSubmoduleUrls } from '../../lib/source/submodules.ts'

const modules = '[submodule "any name"]\n\tpath = lib\n\turl = ../lib.git\n\tbranch = main\n'

function checkoutOf(files: Readonly<Record<string, string>>, submodules: Checkout['submodules']) {
  return { files: filesOfTexts(files), links: new Map([['l', 'x']]), submodules }
}

describe('submodules', () => {
  it('stand in their places, each at its commit', async () => {
    const asked: string[] = []
    const whole = await addSubmodules(
      checkoutOf({ '.gitmodules': modules, x: '1' }, new Map([['lib', 'abc']])),
      'https://git.example/acme/app.git',
      async (url, sha) => {
        asked.push(`${url}@${sha}`)
        return checkoutOf({ 'deep/y': '2' }, new Map([['deep/none', 'def']]))
      },
    )
    expect(asked).toEqual(['https://git.example/acme/lib.git@abc'])
    expect([...whole.files.keys()]).toEqual(['.gitmodules', 'x', 'lib/deep/y'])
    expect([...whole.links]).toEqual([
      ['l', 'x'],
      ['lib/l', 'x'],
    ])
    expect([...whole.missing]).toEqual([['lib/deep/none', '.gitmodules names no address for it']])
  })

  it('come to an end where each holds itself', async () => {
    let count = 0
    const itself = checkoutOf({ '.gitmodules': modules }, new Map([['lib', 'abc']]))
    const whole = await addSubmodules(itself, 'https://git.example/acme/app', async () => {
      count += 1
      return itself
    })
    expect(count).toBeLessThanOrEqual(20)
    expect([...whole.missing.keys()]).toEqual(['lib/lib/lib/lib/lib/lib'])
  })

  it.each([
    ['https://git.example/acme/app.git', '../lib', 'https://git.example/acme/lib'],
    ['https://git.example/acme/app/', './lib', 'https://git.example/acme/app/lib'],
    ['https://git.example/acme/app', '../../x/lib', 'https://git.example/x/lib'],
    ['https://git.example/acme/app', 'https://other/x/lib', 'https://other/x/lib'],
    ['https://git.example/acme/app', 'git@github.com:x/lib', 'git@github.com:x/lib'],
  ])('lie at %s %s', (base, url, want) => {
    expect(joinUrl(base, url)).toBe(want)
  })

  it('are read from whatever stands in .gitmodules', () => {
    const text =
      '# one\n[core]\npath = z\n[submodule "a"]\r\n url="https://a/b/c"\r\n path =a/b \r\n[x]\nurl = y'
    expect([...readSubmoduleUrls(text)]).toEqual([['a/b', 'https://a/b/c']])
  })
})
