import { describe, expect, it } from 'vitest'
import { createPage } from '../../lib/web/page.ts'
import { createToldOperations, eventCalled, objectCalled } from './operations.ts'

const hostile = '</script><img src=x onerror=alert(1)>"\'&'

const pageOf = async (text: string) => {
  const commit = { sha: '1'.repeat(40), subject: text, author: text, url: 'javascript:alert(1)' }
  const object = objectCalled(text, { message: text, ready: 'False', commit })
  const page = createPage(
    createToldOperations({ objects: [object], events: [eventCalled('1', text)] }),
  )
  return { page, html: await (await page.request('/')).text() }
}

describe('createPage', () => {
  it('lets no text from a repository or a cluster become markup', async () => {
    const { html } = await pageOf(hostile)
    expect(html).not.toContain('<img')
    expect(html.match(/<\/script>/g)).toHaveLength(2)
    expect(html).toContain('&lt;/script&gt;&lt;img')
  })

  it('shows what is not ready, of whatever kind', async () => {
    const release = objectCalled('release-x', { kind: 'HelmRelease', ready: 'False' })
    const quiet = objectCalled('alert-y', { kind: 'Alert', ready: 'True' })
    const page = createPage(createToldOperations({ objects: [release, quiet], events: [] }))
    const html = await (await page.request('/')).text()
    const [list] = html.split('id="feed"')
    expect(list).toContain('release-x')
    expect(list).not.toContain('alert-y')
  })

  it('hands its state to the script unchanged', async () => {
    const { html } = await pageOf(`${hostile}\u2028\u2029<!--`)
    const text = /<script type="application\/json" id="state">([\s\S]*?)<\/script>/.exec(html)?.[1]
    const state: { objects: { message: string }[] } = JSON.parse(text ?? '')
    expect(state.objects[0]?.message).toBe(`${hostile}\u2028\u2029<!--`)
  })

  it('links nowhere on the server', async () => {
    const { html } = await pageOf('plain')
    expect(html).not.toMatch(/href="javascript:/)
  })

  it('runs only its own files: no inline script, style or handler', async () => {
    const { page, html } = await pageOf('plain')
    const policy = (await page.request('/')).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toContain('unsafe')
    expect(html).not.toMatch(/ (style|on[a-z]+)="/)
    expect(html).not.toMatch(/<style/)
    const scripts = html.match(/<script[^>]*>/g)
    expect(scripts).toEqual([
      '<script type="application/json" id="state">',
      '<script src="/page.js" defer>',
    ])
  })

  it('serves its script and style as what they are', async () => {
    const { page } = await pageOf('plain')
    const typeOf = async (path: string) => (await page.request(path)).headers.get('content-type')
    expect(await typeOf('/page.js')).toBe('text/javascript; charset=utf-8')
    expect(await typeOf('/page.css')).toBe('text/css; charset=utf-8')
  })

  it('writes text nodes only in its script', async () => {
    const { page } = await pageOf('plain')
    const script = await (await page.request('/page.js')).text()
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/)
  })
})
