import { createRequire } from 'node:module'
import type { WebhookDefinition } from '@octokit/webhooks-examples'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HookReceiver, hookTypes, receiverDigest } from '../../lib/receiver/flux-receiver.ts'
import { createReceiverApp } from '../../lib/receiver/ingress.ts'
import { readS3Event } from '../../lib/receiver/s3.ts'
import {
  githubHeaders,
  githubPush,
  gitlabPush,
  hmac,
  recordingPorts,
  secret,
} from './deliveries.ts'

/** The package is JSON whose declarations tell of a default export that Node does not see. */
const examples: readonly WebhookDefinition[] = createRequire(import.meta.url)(
  '@octokit/webhooks-examples',
)

const defined: ReadonlySet<number> = new Set([200, 202, 400, 404, 413, 431])
const id = { cluster: 'c', kind: 'Receiver', namespace: 'apps', name: 'door' }
const receivers = new Map(
  hookTypes.map((type) => {
    const rest = { events: [], resources: [id], isSuspended: false }
    const receiver: HookReceiver = { id, type, token: secret, ...rest }
    return [receiverDigest(secret, type, 'apps'), [receiver]] as const
  }),
)
const ports = recordingPorts({ receivers })
const app = createReceiverApp(ports)
const paths = ['/webhooks/github', '/webhooks/gitlab', '/webhooks/s3', ...hookPaths()]

/** Proven for every sender at once, so that the parsers behind the proof see the body. */
function provenHeaders(body: string): Record<string, string> {
  return {
    ...githubHeaders(body),
    'x-gitlab-token': secret,
    'x-gitlab-event': 'Push Hook',
    'x-signature': `sha256=${hmac('sha256', secret, body)}`,
    authorization: `Bearer ${secret}`,
  }
}

async function statusOf(path: string, body: string, headers: Record<string, string>) {
  const response = await app.request(path, { method: 'POST', body, headers })
  return response.status
}

describe('the front door', () => {
  it("answers every event of GitHub's examples, and only pushes start anything", async () => {
    for (const { name, examples: payloads } of examples) {
      for (const payload of payloads) {
        const body = JSON.stringify(payload)
        const headers = githubHeaders(body, { 'x-github-event': name })
        const status = await statusOf('/webhooks/github', body, headers)
        expect(name === 'push' ? [200, 202] : [200]).toContain(status)
      }
    }
  })

  it('has an answer to any proven JSON', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 6 }), fc.constantFrom(...paths), async (body, path) => {
        expect(defined).toContain(await statusOf(path, body, provenHeaders(body)))
      }),
      { numRuns: 300 },
    )
    expect(ports.faults).toEqual([])
  })

  it('has an answer to every payload with one value replaced', async () => {
    const sound = [githubPush, gitlabPush, s3Event, envelope]
    const odd = [
      null,
      '',
      0,
      true,
      [],
      {},
      'x'.repeat(3000),
      ['x'],
      { ref: 1 },
      '\u0000',
      '__proto__',
    ]
    for (const payload of sound) {
      for (const body of replacements(payload, odd)) {
        for (const path of paths) {
          expect(defined).toContain(await statusOf(path, body, provenHeaders(body)))
        }
      }
    }
    expect(ports.faults).toEqual([])
  })

  it('has an answer to any headers, and refuses what is not proven', async () => {
    const names = Object.keys(provenHeaders('')).concat('content-type', 'content-length', 'x-y')
    const value = fc.oneof(
      fc.string({ maxLength: 80 }).map((text) => text.replace(/[^\x20-\x7e]/g, '')),
      fc.constantFrom('push', 'ping', `sha256=${'0'.repeat(64)}`, 'Bearer x', secret.slice(1)),
    )
    const headers = fc.dictionary(fc.constantFrom(...names), value)
    const body = JSON.stringify(githubPush)
    await fc.assert(
      fc.asyncProperty(headers, fc.constantFrom(...paths.slice(0, 3)), async (given, path) => {
        expect([404, 413]).toContain(await statusOf(path, body, { ...given }))
      }),
      { numRuns: 500 },
    )
  })

  it('takes deep and prototype-laden payloads as it takes others', async () => {
    const deep = `${'{"repository":'.repeat(20_000)}1${'}'.repeat(20_000)}`
    const laden =
      '{"__proto__":{"ref":"refs/heads/main"},"constructor":{"prototype":{"after":"x"}}}'
    for (const path of paths) {
      for (const body of [deep, laden]) {
        expect(defined).toContain(await statusOf(path, body, provenHeaders(body)))
      }
    }
    expect(Object.hasOwn(Object.prototype, 'ref')).toBe(false)
    expect(await statusOf('/webhooks/github', laden, provenHeaders(laden))).toBe(400)
  })
})

describe('readS3Event', () => {
  it('never throws on an object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (event) => {
        expect(readS3Event(JSON.parse(JSON.stringify(event))).outcome).toBeTypeOf('string')
      }),
    )
  })
})

const s3Event = {
  Records: [
    {
      eventName: 'ObjectCreated:Put',
      s3: { bucket: { name: 'fleet' }, object: { key: 'a', sequencer: '1' } },
      body: undefined,
    },
  ],
}
const envelope = {
  'detail-type': 'Object Created',
  source: 'aws.s3',
  detail: { bucket: { name: 'fleet' }, object: { key: 'a', etag: 'x' } },
}

function hookPaths(): readonly string[] {
  return [...receivers.keys()].map((digest) => `/hook/${digest}`)
}

/** `payload` as JSON, with each of its values in turn replaced by each of `odd`. */
function replacements(payload: object, odd: readonly unknown[]): readonly string[] {
  const count = valuesIn(payload)
  return Array.from({ length: count }, (_, at) => at).flatMap((at) =>
    odd.map((value) => {
      let seen = 0
      return JSON.stringify(payload, (_, old) => (seen++ === at ? value : old))
    }),
  )
}

function valuesIn(payload: object): number {
  let count = 0
  JSON.stringify(payload, (_, value) => {
    count++
    return value
  })
  return count
}
