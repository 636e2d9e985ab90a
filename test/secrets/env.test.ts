import { describe, expect, it } from 'vitest'
import { createEnvSecrets } from '../../lib/secrets/env.ts'
import { describeSecrets, textsOf } from './contract.ts'

describeSecrets('env', async () =>
  createEnvSecrets({
    DRIFTLESS_SECRET_GIT_AUTH__USERNAME: 'git',
    DRIFTLESS_SECRET_GIT_AUTH__PASSWORD: 'hünter 2',
    DRIFTLESS_SECRET_GIT__PASSWORD: 'of another',
    SECRET_GIT_AUTH__PASSWORD: 'not ours',
  }),
)

describe('secrets in variables', () => {
  it('may be JSON, where case and dots of keys matter', async () => {
    const store = createEnvSecrets({
      DRIFTLESS_SECRET_TLS_V1: '{"ca.crt": "cert", "bearerToken": "abc"}',
    })
    expect(textsOf(await store.read('tls.v1'))).toEqual({ 'ca.crt': 'cert', bearerToken: 'abc' })
  })

  it('know the keys of Flux in capitals', async () => {
    const store = createEnvSecrets({
      DRIFTLESS_SECRET_A__CA_CRT: '1',
      DRIFTLESS_SECRET_A__BEARERTOKEN: '2',
      DRIFTLESS_SECRET_A__VALUE_YAML: '3',
      DRIFTLESS_SECRET_A__MY_KEY: '4',
    })
    expect(textsOf(await store.read('a'))).toEqual({
      'ca.crt': '1',
      bearerToken: '2',
      'value.yaml': '3',
      my_key: '4',
    })
  })

  it('are refused, and not quoted, where they are no map of texts', async () => {
    for (const text of ['hush', '[1]', '{"a": 1}', '{"../a": "x"}', '"hush"', '{"hush": ']) {
      const store = createEnvSecrets({ DRIFTLESS_SECRET_A: text })
      const thrown = await store.read('a').catch((error: unknown) => error)
      expect(thrown).toMatchObject({ code: 'SecretMalformed' })
      expect(String(thrown)).not.toContain('hush')
      expect(String(thrown)).toContain('DRIFTLESS_SECRET_A')
    }
  })

  it('are not looked for by names that are none', async () => {
    const store = createEnvSecrets({})
    for (const name of ['', '../a', 'a/b/c', 'A', 'a_b', 'a/', '/a', 'a\0', '-a']) {
      await expect(store.read(name)).rejects.toMatchObject({ code: 'InvalidName' })
    }
  })
})
