import { describe, expect, it } from 'vitest'
import { type ClientOptions, createClusterClient } from '../../lib/cluster/client.ts'
import { ClusterError } from '../../lib/cluster/cluster-error.ts'
import type { KubeObject } from '../../lib/manifest/object.ts'
import { createScriptedTransport, type Script, status } from './scripted-transport.ts'

const configMap: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', namespace: 'ns' },
  data: { 'odd.key': '1' },
}
const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'a' }

function connect(script: Script, options: ClientOptions = {}) {
  const waits: number[] = []
  const transport = createScriptedTransport(script)
  const client = createClusterClient(transport, {
    now: () => new Date('2026-11-23T12:00:00Z'),
    random: () => 0.5,
    wait: async (ms) => {
      waits.push(ms)
    },
    ...options,
  })
  return { client, transport, waits }
}

describe('requests', () => {
  it('sends an apply as it is, with the manager, force and validation in the query', async () => {
    const { client, transport } = connect(({ body }) => ({ body: body ?? null }))
    await client.applyServerSide(configMap, { isDryRun: true, fieldValidation: 'Warn' })
    expect(transport.requests.at(-1)).toEqual({
      method: 'PATCH',
      path: '/api/v1/namespaces/ns/configmaps/a',
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager: 'driftless', force: 'true', dryRun: 'All', fieldValidation: 'Warn' },
      body: configMap,
    })
  })

  it('keeps no namespace of a cluster-scoped kind, and asks for one where it is needed', async () => {
    const { client, transport } = connect(() => ({ body: configMap }))
    await client.get({ ...ref, kind: 'Namespace' })
    expect(transport.requests.at(-1)?.path).toBe('/api/v1/namespaces/a')
    await expect(client.get({ ...ref, namespace: '' })).rejects.toMatchObject({
      code: 'NotFound',
      message: 'the server could not find the requested resource',
    })
  })

  it('encodes names, and refuses those that would lead elsewhere', async () => {
    const { client, transport } = connect(() => ({ body: configMap }))
    await client.get({ ...ref, name: 'a/../../secrets' })
    expect(transport.requests.at(-1)?.path).toBe(
      '/api/v1/namespaces/ns/configmaps/a%2F..%2F..%2Fsecrets',
    )
    for (const name of ['', '.', '..']) {
      await expect(client.get({ ...ref, name })).rejects.toMatchObject({ code: 'BadRequest' })
    }
  })

  it('makes every request as the user it acts for', async () => {
    const impersonate = 'system:serviceaccount:ns:deployer'
    const { client, transport } = connect(() => ({ body: configMap }), { impersonate })
    await client.get(ref)
    expect(transport.requests.map((request) => request.impersonate)).toEqual([
      impersonate,
      impersonate,
    ])
  })

  it('has no more requests under way than it may', async () => {
    const { client, transport } = connect(() => ({ body: configMap }), { concurrency: 3 })
    await Promise.all(Array.from({ length: 20 }, () => client.get(ref)))
    expect(transport.peak()).toBe(3)
  })

  it('counts reads, dry runs and writes', async () => {
    const { client } = connect(() => ({ body: configMap }))
    await client.applyServerSide(configMap, { isDryRun: true })
    await client.applyServerSide(configMap)
    await client.delete(ref)
    expect(client.counts()).toEqual({ requests: 4, reads: 1, dryRuns: 1, writes: 2, retries: 0 })
  })

  it('tells a dry run of a deletion in the body as well, where alone it counts', async () => {
    const { client, transport } = connect(() => ({ body: configMap }))
    await client.delete(ref, { isDryRun: true, uid: 'u1' })
    expect(transport.requests.at(-1)?.body).toEqual({
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      propagationPolicy: 'Background',
      dryRun: ['All'],
      preconditions: { uid: 'u1' },
    })
  })
})

describe('a proxy that answers everything with a page', () => {
  const login = { status: 200, body: '<form>Log in</form>' }

  it('has deleted nothing', async () => {
    const { client } = connect(({ method }) => (method === 'DELETE' ? login : { body: configMap }))
    await expect(client.delete(ref)).rejects.toMatchObject({ code: 'BadAnswer', retryable: true })
  })

  it('does not make kinds go away', async () => {
    const { client } = connect(() => login)
    const kind = { group: 'other.example.com', version: 'v1', kind: 'Widget' }
    const asked = { ...kind, namespace: 'ns', name: 'w' }
    await expect(client.find(asked)).rejects.toMatchObject({ code: 'BadAnswer' })
    await expect(client.resourceForAnyVersion(kind)).rejects.toMatchObject({ code: 'BadAnswer' })
  })
})

describe('discovery', () => {
  const asked = (paths: readonly { path: string }[], path: string): number =>
    paths.filter((request) => request.path === path).length

  it('asks once for each group and version, and again once it is told to forget', async () => {
    const { client, transport } = connect(() => ({ body: configMap }))
    await Promise.all([client.get(ref), client.get(ref), client.get({ ...ref, kind: 'Secret' })])
    expect(asked(transport.requests, '/api/v1')).toBe(1)
    client.forgetDiscovery('apps')
    await client.get(ref)
    expect(asked(transport.requests, '/api/v1')).toBe(1)
    client.forgetDiscovery('')
    await client.get(ref)
    expect(asked(transport.requests, '/api/v1')).toBe(2)
  })

  it('says in the words of Kubernetes that a kind or version is not served', async () => {
    const { client } = connect(({ path }) =>
      path === '/apis'
        ? { body: { kind: 'APIGroupList', groups: [{ name: 'apps', versions: [] }] } }
        : { status: 404, body: '404 page not found' },
    )
    await expect(client.resourceFor({ ...ref, kind: 'Nope' })).rejects.toMatchObject({
      code: 'NoMatch',
      message: 'no matches for kind "Nope" in version "v1"',
    })
    const kind = { group: 'foo.example.com', version: 'v1', kind: 'Foo' }
    await expect(client.resourceFor(kind)).rejects.toMatchObject({
      code: 'NoMatch',
      message: 'no matches for kind "Foo" in version "foo.example.com/v1"',
    })
    expect(await client.resourceForAnyVersion(kind)).toBeUndefined()
    expect(await client.find({ ...ref, ...kind })).toBeUndefined()
  })

  it('does not take a fault of discovery for an absent kind', async () => {
    const { client } = connect(() => ({ status: 403, body: status(403, 'Forbidden', 'no') }))
    const kind = { group: 'foo.example.com', version: 'v1', kind: 'Foo' }
    await expect(client.find({ ...ref, ...kind })).rejects.toMatchObject({ code: 'Forbidden' })
    await expect(client.resourceForAnyVersion(kind)).rejects.toMatchObject({ code: 'Forbidden' })
  })

  it('does not take the page of a proxy for the word of the API server', async () => {
    const { client, waits } = connect(() => ({ status: 404, body: '404 page not found' }))
    await expect(client.get(ref)).rejects.toMatchObject({
      code: 'BadAnswer',
      reason: 'ClusterUnreachable',
    })
    await expect(client.find(ref)).rejects.toMatchObject({ code: 'BadAnswer' })
    const kind = { group: 'foo.example.com', version: 'v1', kind: 'Foo' }
    await expect(client.resourceForAnyVersion(kind)).rejects.toMatchObject({ code: 'BadAnswer' })
    expect(waits).toEqual([])
  })

  it('looks again where a path it knew is no longer served', async () => {
    const lost = status(404, 'NotFound', 'the server could not find the requested resource')
    const { client, transport } = connect((_, attempt) =>
      attempt === 1 ? { status: 404, body: lost } : { body: configMap },
    )
    expect(await client.get(ref)).toEqual(configMap)
    expect(asked(transport.requests, '/api/v1')).toBe(2)
  })
})

describe('retries', () => {
  const busy = { status: 429, body: status(429, 'TooManyRequests', 'slow down') }

  it('waits as long as it is told, and a little more so that not all come back at once', async () => {
    const { client, waits } = connect((_, attempt) =>
      attempt < 3 ? { ...busy, retryAfterSeconds: 1 } : { body: configMap },
    )
    expect(await client.get(ref)).toEqual(configMap)
    expect(waits).toEqual([1050, 1100])
    expect(client.counts().retries).toBe(2)
  })

  it('waits longer and longer where it is told nothing, and gives up after a bounded time', async () => {
    const { client, waits } = connect(() => ({
      status: 503,
      body: status(503, 'ServiceUnavailable', 'x'),
    }))
    await expect(client.get(ref)).rejects.toMatchObject({ code: 'Unavailable', retryable: true })
    expect(waits).toEqual([100, 200, 400, 800, 1600])
  })

  it('does not wait longer than it may, and says when to come back', async () => {
    const { client, waits } = connect(() => ({ ...busy, retryAfterSeconds: 60 }))
    await expect(client.get(ref)).rejects.toMatchObject({
      code: 'TooManyRequests',
      retryAfterSeconds: 60,
    })
    expect(waits).toEqual([])
  })

  it('takes a lost connection as passing, except where a request must not be made twice', async () => {
    const lost = new ClusterError('ConnectionLost', 'the connection was lost')
    const { client, waits } = connect((_, attempt) => (attempt === 1 ? lost : { body: configMap }))
    await client.applyServerSide(configMap)
    expect(waits).toHaveLength(1)
    const post = client.request({ method: 'POST', path: '/apis/x' })
    await expect(post).rejects.toMatchObject({ code: 'ConnectionLost' })
    expect(waits).toHaveLength(1)
  })

  it('takes a verdict on the object for what it is', async () => {
    const verdict = status(500, '', 'failed to create typed patch object: .spec.x: not declared')
    const { client, waits } = connect(() => ({ status: 500, body: verdict }))
    await expect(client.applyServerSide(configMap)).rejects.toMatchObject({ retryable: false })
    expect(waits).toEqual([])
    const page = connect((_, attempt) =>
      attempt === 1 ? { status: 500, body: '<html>' } : { body: configMap },
    )
    await page.client.get(ref)
    expect(page.waits).toHaveLength(1)
  })

  it('does not try again what was forbidden, refused or out of reach', async () => {
    for (const code of [400, 401, 403, 409, 422]) {
      const { client, waits } = connect(() => ({ status: code, body: status(code, 'X', 'no') }))
      await expect(client.get(ref)).rejects.toMatchObject({ status: code })
      expect(waits).toEqual([])
    }
    const { client, waits } = connect(() => new ClusterError('Unreachable', 'no route'))
    await expect(client.get(ref)).rejects.toMatchObject({ reason: 'ClusterUnreachable' })
    expect(waits).toEqual([])
  })

  it('ends at an abort', async () => {
    const { client, transport } = connect(() => ({ body: configMap }), {
      signal: AbortSignal.abort(),
    })
    await expect(client.get(ref)).rejects.toMatchObject({ code: 'Aborted' })
    expect(transport.requests).toEqual([])
  })
})

describe('lists', () => {
  const item = (name: string) => ({ metadata: { name, namespace: 'ns' } })

  it('reads every page and says of each object what it is', async () => {
    const { client, transport } = connect(({ query }) => ({
      body:
        query?.continue === undefined
          ? { metadata: { continue: 'more' }, items: [item('a')] }
          : { metadata: {}, items: [item('b')] },
    }))
    const options = { namespace: 'ns', labelSelector: 'x=y' }
    expect(await client.list({ group: '', version: 'v1', kind: 'ConfigMap' }, options)).toEqual([
      { apiVersion: 'v1', kind: 'ConfigMap', ...item('a') },
      { apiVersion: 'v1', kind: 'ConfigMap', ...item('b') },
    ])
    expect(transport.requests.at(-1)).toMatchObject({
      path: '/api/v1/namespaces/ns/configmaps',
      query: { limit: '500', labelSelector: 'x=y', continue: 'more' },
    })
  })

  /** The page after the first has expired, `times` times. */
  const expiring = (times: number) => {
    let left = times
    return connect(({ query }) => {
      if (query?.continue === undefined) {
        return { body: { metadata: { continue: 'more' }, items: [item('a')] } }
      }
      left -= 1
      return left < 0
        ? { body: { metadata: {}, items: [item('b')] } }
        : { status: 410, body: status(410, 'Expired', 'too old') }
    })
  }
  const configMaps = { group: '', version: 'v1', kind: 'ConfigMap' }

  it('starts again where the pages to come have expired', async () => {
    const { client, transport } = expiring(2)
    const names = (await client.list(configMaps)).map(({ metadata }) => metadata.name)
    expect(names).toEqual(['a', 'b'])
    expect(transport.requests.filter(({ query }) => query?.limit !== undefined)).toHaveLength(6)
  })

  it('takes no part for the whole where they expire every time, and says it may pass', async () => {
    const { client, transport } = expiring(Number.POSITIVE_INFINITY)
    await expect(client.list(configMaps)).rejects.toMatchObject({
      code: 'Gone',
      retryable: true,
      message: 'the list of configmaps expired 3 times before its last page was read: too old',
    })
    expect(transport.requests.filter(({ query }) => query?.limit !== undefined)).toHaveLength(6)
  })

  it('does not take another answer for an empty list', async () => {
    for (const body of [null, {}, { items: 'none' }, 'ok', []]) {
      const { client } = connect(() => ({ body }))
      const list = client.listMetadata({ group: '', version: 'v1', kind: 'ConfigMap' })
      await expect(list).rejects.toMatchObject({ code: 'BadAnswer' })
    }
    const { client } = connect(() => ({ body: { items: null } }))
    expect(await client.list({ group: '', version: 'v1', kind: 'ConfigMap' })).toEqual([])
  })
})

describe('secrets', () => {
  const password = 'correct horse\n"battery"'
  const secret: KubeObject = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'ns' },
    data: { password: btoa(password), pin: 'MTI=' },
  }

  it('quotes no value of a Secret in an error', async () => {
    const quoted = JSON.stringify(password)
    const texts = [
      `Secret "s" is invalid: data[password]: Invalid value: ${quoted}: too bad`,
      `cannot decode ${btoa(password)} as text`,
      'data[pin]: Invalid value: "12": too short',
      '.data.pin: expected string, got &value.valueUnstructured{Value:12}',
      `error found in #10 byte of ...|"password":"${btoa(password)}"|..., bigger context ...|x|...`,
    ]
    for (const text of texts) {
      const causes = [{ reason: 'FieldValueInvalid', field: 'data', message: text }]
      const { client } = connect(() => ({
        status: 422,
        body: status(422, 'Invalid', text, { details: { causes } }),
      }))
      const error = await client.applyServerSide(secret).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ClusterError)
      const shown = JSON.stringify([error, String(error)])
      expect(shown).not.toMatch(/horse|battery|Y29ycmVjdC|"12\\?"|Value:12/)
      expect(shown).toContain('***')
    }
  })
})
