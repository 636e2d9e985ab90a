import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bucketSource, configMap, fromBucket, kustomization } from './fleet.ts'
import { isReady, isSettled, type Served, serveForAttacks } from './serve.ts'

let served: Served

/** Specs that are wrong, each in one field. */
const wrong: Readonly<Record<string, object>> = {
  exponent: { interval: '1e99h' },
  negative: { interval: '-5m' },
  empty: { interval: '' },
  huge: { interval: '99999999h' },
  number: { interval: 600 },
  timeout: { timeout: '1e9m' },
  digits: { interval: `${'9'.repeat(10_000)}m` },
}

/** Specs that are odd and right: a timer holds 24 days at most. */
const odd: Readonly<Record<string, object>> = {
  never: { interval: '87600h' },
  patient: { interval: '10m', timeout: '1000h' },
  restless: { interval: '0s' },
}

beforeAll(async () => {
  const sourceRef = { kind: 'Bucket', name: 'app' }
  const named = (specs: Readonly<Record<string, object>>) =>
    Object.entries(specs).map(([name, spec]) =>
      kustomization(name, { path: './app', sourceRef, ...spec }),
    )
  served = await serveForAttacks({
    objects: { 'app/app.yaml': configMap('app') },
    fleet: ({ endpoint }) => [
      ...named(wrong),
      ...named(odd),
      bucketSource('patient', endpoint, { prefix: 'app/', timeout: '100000m' }),
      ...fromBucket('app', endpoint),
    ],
  })
})
afterAll(() => served.close())

describe('a spec that means harm', () => {
  it('A23: keeps no other object from its work', async () => {
    await served.until('Kustomization', 'app', isReady)
    await served.until('Bucket', 'app', isReady)
  })

  it.each(Object.keys(wrong))('A23: gets a condition of its own: %s', async (name) => {
    const { reason, message } = await served.until('Kustomization', name, isSettled)
    expect(reason).toBe('InvalidSpec')
    expect(message).toMatch(/spec\.(interval|timeout)/)
    expect(message.length).toBeLessThan(400)
  })

  it.each(Object.keys(odd))('A23: is done as it says, where it can be: %s', async (name) => {
    await served.until('Kustomization', name, isReady)
  })

  it('A23: waits for a source as long as it says', async () => {
    await served.until('Bucket', 'patient', isReady)
  })
})
