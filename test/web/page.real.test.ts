import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createWorld, type World } from '../../lib/cli/demo/world.ts'
import { createLogger } from '../../lib/log/logger.ts'
import { type Browser, chromiumPath, openPage } from './chromium.ts'

const program = chromiumPath()
const isMissing = program === undefined && process.env.CI === undefined
const reason = isMissing ? ' (Chromium is not installed: apt-get install chromium)' : ''
const forMs = { timeout: 30_000, interval: 50 }

describe.skipIf(isMissing)(`the page in Chromium${reason}`, () => {
  let world: World
  let browser: Browser

  beforeAll(async () => {
    if (program === undefined) throw new Error('Chromium is missing: apt-get install chromium')
    const examples = join(import.meta.dirname, '../../examples/demo')
    world = await createWorld({ examples, log: createLogger(() => {}), port: 0 })
    await world.runtime.start()
    await vi.waitFor(async () => {
      const objects = await world.runtime.operations.objects({ kind: 'Kustomization' })
      expect(objects.map(({ ready }) => ready)).toEqual(Array(6).fill('True'))
    }, forMs)
    browser = await openPage(program, `${world.serverUrl}/`)
  })

  afterAll(async () => {
    await browser?.close()
    await world?.close()
  })

  const textOf = (selector: string) =>
    browser.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`)

  it('lists the objects of both clusters and goes live', async () => {
    await vi.waitFor(async () => expect(await textOf('#connection')).toBe('live'), forMs)
    const clusters = await textOf('#clusters')
    for (const name of ['staging', 'production', 'podinfo', 'settings', '10 of 10 ready']) {
      expect(clusters).toContain(name)
    }
    expect(await textOf('#summary')).toBe('2 clusters, 20 objects, none failed')
  })

  it('shows a push as it happens, its message as text', async () => {
    const subject = '</script><img src=x onerror=document.body.remove()>'
    await world.podinfo.edit('base/kustomization.yaml', (text) =>
      text.replace('newTag: 6.9.0', 'newTag: 6.9.1'),
    )
    await world.podinfo.push(subject)
    await vi.waitFor(async () => {
      expect(await textOf('#clusters')).toContain(subject)
      expect(await textOf('#events')).toContain('Deployment/podinfo-staging/podinfo configured')
    }, forMs)
    expect(await browser.evaluate('document.images.length')).toBe(0)
  })

  it('puts what failed first, with its message', async () => {
    await world.podinfo.edit('base/kustomization.yaml', () => 'resources: [missing.yaml]\n')
    await world.podinfo.push('Break it')
    await vi.waitFor(async () => {
      const first = await textOf('#clusters article:last-child .object')
      expect(first).toContain('Failed')
      expect(first).toContain('missing.yaml')
      expect(await textOf('#summary')).toContain('2 failed')
    }, forMs)
  })

  it('fits a narrow screen', async () => {
    await browser.resize(360)
    const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
    expect(await browser.evaluate(overflow)).toBe(0)
  })

  it('breaks no rule of its own policy and logs no error', () => {
    expect(browser.complaints).toEqual([])
  })

  it('has a policy that stops what is foreign', async () => {
    await browser.evaluate("fetch('http://127.0.0.1:1/').catch(() => {})")
    await vi.waitFor(() => {
      expect(browser.complaints.join()).toContain('Content Security Policy')
    }, forMs)
  })
})
