import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { builderBundle } from '../../scripts/bundle-options.ts'
import { type Browser, chromiumPath, openPage } from '../web/chromium.ts'
import { embedWorks } from './embed-works.ts'

const program = chromiumPath()
const isMissing = program === undefined && process.env.CI === undefined
const reason = isMissing ? ' (Chromium is not installed: apt-get install chromium)' : ''

describe.skipIf(isMissing)(`the builder in Chromium${reason}`, () => {
  let server: Server
  let browser: Browser

  beforeAll(async () => {
    if (program === undefined) throw new Error('Chromium is missing: apt-get install chromium')
    const { outputFiles = [] } = await build({ ...builderBundle, sourcemap: false, write: false })
    const script = outputFiles.map(({ text }) => text).join('')
    server = createServer((request, response) => {
      const isScript = request.url === '/kustomize.js'
      response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html')
      response.end(isScript ? script : '<!doctype html><title>builder</title>')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    browser = await openPage(program, `http://127.0.0.1:${port}/`)
    await vi.waitFor(async () => expect(await browser.evaluate('document.title')).toBe('builder'), {
      timeout: 30_000,
      interval: 20,
    })
  })

  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  it.each(embedWorks)('builds', async ({ files, text }) => {
    const expression = `import('/kustomize.js').then(({ buildText, treeOfTexts }) =>
      buildText(treeOfTexts(${JSON.stringify(files)}), 'app').text)`
    expect(await browser.evaluate(expression)).toBe(text)
    expect(browser.complaints).toEqual([])
  })
})
