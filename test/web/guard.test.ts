import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { createGuard } from '../../lib/web/guard.ts'

const appWith = (token?: string) => {
  const app = new Hono()
  app.use(
    '*',
    createGuard({ hosts: ['driftless.example'], ...(token === undefined ? {} : { token }) }),
  )
  app.all('/', (c) => c.text('in'))
  return app
}

const ask = async (
  headers: Readonly<Record<string, string>>,
  { method = 'GET', token }: { method?: string; token?: string } = {},
) => (await appWith(token).request('/', { method, headers })).status

describe('createGuard', () => {
  it('lets its own page and tools without an origin in', async () => {
    expect(await ask({ Host: '127.0.0.1:8080' })).toBe(200)
    expect(
      await ask({ Host: 'localhost:8080', Origin: 'http://localhost:8080' }, { method: 'POST' }),
    ).toBe(200)
    expect(await ask({ Host: '[::1]:8080' })).toBe(200)
    expect(await ask({ Host: 'driftless.example' })).toBe(200)
  })

  it('refuses a name that was rebound to loopback', async () => {
    expect(await ask({ Host: 'evil.example:8080' })).toBe(403)
    expect(await ask({})).toBe(403)
  })

  it('refuses other sites, also with a body that needs no preflight', async () => {
    const foreign = {
      Host: '127.0.0.1:8080',
      Origin: 'https://evil.example',
      'Content-Type': 'text/plain',
    }
    expect(await ask(foreign, { method: 'POST' })).toBe(403)
    expect(await ask({ ...foreign, Origin: 'null' }, { method: 'POST' })).toBe(403)
    expect(
      await ask({ Host: '127.0.0.1:8080', 'Sec-Fetch-Site': 'cross-site' }, { method: 'POST' }),
    ).toBe(403)
  })

  it('asks for the token where there is one', async () => {
    const host = { Host: '127.0.0.1:8080' }
    expect(await ask(host, { token: 's3cret' })).toBe(403)
    expect(await ask({ ...host, Authorization: 'Bearer wrong' }, { token: 's3cret' })).toBe(403)
    expect(await ask({ ...host, Authorization: 's3cret' }, { token: 's3cret' })).toBe(403)
    expect(await ask({ ...host, Authorization: 'Bearer s3cret' }, { token: 's3cret' })).toBe(200)
  })

  it('answers every refusal alike', async () => {
    const app = appWith('s3cret')
    const bodies = await Promise.all(
      [
        { Host: 'evil.example' },
        { Host: '127.0.0.1' },
        { Host: '127.0.0.1', Origin: 'https://evil.example' },
      ].map(async (headers) => (await app.request('/', { headers })).text()),
    )
    expect(new Set(bodies).size).toBe(1)
  })
})
