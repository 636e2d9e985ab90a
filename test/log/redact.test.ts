import { describe, expect, it } from 'vitest'
import { createRedactor, redact } from '../../lib/log/redact.ts'

/** Put together here, so that no scanner takes this file for a leak. */
const fake = (...parts: readonly string[]) => parts.join('')

const secrets: Readonly<Record<string, { readonly text: string; readonly secret: string }>> = {
  'a bearer header': { text: 'Authorization: Bearer abc.def-123456', secret: 'abc.def-123456' },
  'a basic header': { text: '"authorization":"Basic dXNlcjpwYXNz"', secret: 'dXNlcjpwYXNz' },
  'a header in JSON inside of JSON': {
    text: String.raw`{\"Authorization\":\"Bearer s3cr3ts3cr3t\"}`,
    secret: 's3cr3ts3cr3t',
  },
  'a bearer token alone': { text: 'sent bearer 0123456789abcdef', secret: '0123456789abcdef' },
  'the token of GitLab': { text: 'X-Gitlab-Token: hush-hush', secret: 'hush-hush' },
  'a cookie': { text: 'set-cookie: sid=31d4d96e407aad42', secret: '31d4d96e407aad42' },
  'user and password of a URL': {
    text: 'fetch https://user:pa55@w0rd@git.example.com/acme.git failed',
    secret: 'pa55',
  },
  'a token as the user of a URL': {
    text: 'https://oauth2token@git.example.com/x',
    secret: 'oauth2token',
  },
  'the path of a Slack webhook': {
    text: `POST https://hooks.slack.com/${fake('services/T000', '/B000/', 'XXXXsecretXXXX')} 404`,
    secret: 'XXXXsecretXXXX',
  },
  'the path of a Slack workflow': {
    text: 'https://hooks.slack.com/triggers/T0/123/abcdefabcdef',
    secret: 'abcdefabcdef',
  },
  'the path of a Discord webhook': {
    text: 'https://discord.com/api/v10/webhooks/123456/the-token_x?wait=true',
    secret: 'the-token_x',
  },
  'the path of a webhook of canary.discordapp.com': {
    text: 'https://canary.discordapp.com/api/webhooks/123456/the-token_x',
    secret: 'the-token_x',
  },
  "the path of Flux's Receiver": {
    text: `POST /hook/${'0a'.repeat(32)} 202`,
    secret: '0a'.repeat(32),
  },
  'the signature of a presigned URL': {
    text: 'https://b.s3.amazonaws.com/k?X-Amz-Credential=AAA&X-Amz-Signature=deadbeef01',
    secret: 'deadbeef01',
  },
  'an Azure SAS': { text: 'https://a.blob.core/x?sv=2022&sig=aGVsbG8%3D', secret: 'aGVsbG8%3D' },
  'a private key': {
    text: `-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY----- rest`,
    secret: 'MIIEow',
  },
  'a private key that was cut off': {
    text: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNza',
    secret: 'b3BlbnNza',
  },
  'a private key inside of JSON': {
    text: String.raw`"-----BEGIN EC PRIVATE KEY-----\nMHcCAQ\n-----END EC PRIVATE KEY-----"`,
    secret: 'MHcCAQ',
  },
  'an age key': { text: `AGE-SECRET-KEY-1${'Q'.repeat(58)}`, secret: 'Q'.repeat(58) },
  'an AWS key id': { text: `key ${fake('AKIA', 'IOSFODNN7EXAMPLE')}`, secret: 'IOSFODNN7EXAMPLE' },
  'an AWS secret key': {
    text: 'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG',
    secret: 'wJalrXUtnFEMI/K7MDENG',
  },
  'a session token': { text: 'aws_session_token: "FwoGZXIvYXdzE"', secret: 'FwoGZXIvYXdzE' },
  'a password': { text: 'password="hunter2hunter2"', secret: 'hunter2hunter2' },
  'a GitHub token': { text: fake('ghp_', '1'.repeat(36)), secret: '1'.repeat(36) },
  'a GitLab token': {
    text: fake('glpat-', 'abcdefghij0123456789'),
    secret: 'abcdefghij0123456789',
  },
  'a Slack bot token': { text: fake('xoxb-', '12345-67890-abcdef'), secret: '67890-abcdef' },
  'a service account token': {
    text: `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl`,
    secret: 'c2lnbmF0dXJl',
  },
  'a token for EKS': { text: `k8s-aws-v1.${'aHR0cHM6Ly9zdHM'}Lg`, secret: 'aHR0cHM6Ly9zdHM' },
}

const plainTexts = [
  'applied revision main@sha1:67e2c98a60f7d6ea1a4b6f0d47e5a5d7a8a6f6a2',
  'Health check passed in 1.2s for Deployment/podinfo/backend',
  'secret "flux-system/git-auth" not found',
  'https://github.com/acme/fleet-infra.git?ref=main',
  'git@github.com:acme/fleet-infra.git',
  "dependency 'flux-system/basic-auth' is not ready",
  'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  'see https://discord.com/channels/1/2 and https://acme.slack.com/archives/C1',
]

describe('redaction', () => {
  for (const [what, { text, secret }] of Object.entries(secrets)) {
    it(`removes ${what}`, () => {
      expect(redact(text)).not.toContain(secret)
      expect(redact(text)).toContain('***')
    })
  }

  it('leaves what is no secret', () => {
    for (const text of plainTexts) expect(redact(text)).toBe(text)
  })

  it('keeps the host of a URL and what follows it', () => {
    expect(redact('clone https://u:p@git.example.com/a/b.git: 401')).toBe(
      'clone https://***@git.example.com/a/b.git: 401',
    )
    expect(redact('POST https://hooks.slack.com/services/T0/B0/x: 410')).toContain(
      'https://hooks.slack.com/***',
    )
  })

  it('takes time in proportion to the text, whatever the text', () => {
    const attacks = [
      '://',
      'a',
      'a-',
      '-----BEGIN RSA PRIVATE KEY-----',
      'token',
      'token=',
      '@',
      'eyJ',
      'x://a@',
    ]
    for (const attack of attacks) {
      const text = attack.repeat(200_000 / attack.length)
      const startedAt = performance.now()
      redact(text)
      expect(performance.now() - startedAt, attack).toBeLessThan(9_000)
    }
  })
})

describe('a redactor', () => {
  it('removes registered secrets in every form they are sent in', () => {
    const redactor = createRedactor(['p@ss w"rd!'])
    const forms = [
      'p@ss w"rd!',
      Buffer.from('p@ss w"rd!').toString('base64'),
      encodeURIComponent('p@ss w"rd!'),
      JSON.stringify('p@ss w"rd!'),
    ]
    for (const form of forms) {
      expect(redactor.redact(`before ${form} after`)).toMatch(/^before "?\*\*\*=*"? after$/)
    }
  })

  it('knows secrets registered later, and those inside of others', () => {
    const redactor = createRedactor()
    expect(redactor.redact('open sesame now')).toBe('open sesame now')
    redactor.register('sesame')
    redactor.register('open sesame')
    expect(redactor.redact('open sesame now')).toBe('*** now')
  })

  it('leaves words that are too short to be secrets', () => {
    expect(createRedactor(['on', '']).redact('one on one')).toBe('one on one')
  })

  it('holds no more secrets than it can look for', () => {
    const redactor = createRedactor(
      Array.from({ length: 12_000 }, (_, index) => `secret-${index}!`),
    )
    expect(redactor.redact('secret-11999!')).toBe('***')
    expect(redactor.redact('secret-0!')).toBe('secret-0!')
  })
})
