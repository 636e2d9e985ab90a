import { describe, expect, it } from 'vitest'
import { readBucket } from '../../lib/fleet/bucket.ts'
import { readSpec } from './read-spec.ts'

const sound = { interval: '1m', bucketName: 'fleet', endpoint: 's3.eu-west-1.amazonaws.com' }

describe('readBucket', () => {
  it("has the CRD's defaults", () => {
    expect(readSpec(readBucket, sound)).toEqual({
      value: {
        intervalMs: 60_000,
        timeoutMs: 60_000,
        isSuspended: false,
        provider: 'generic',
        bucketName: 'fleet',
        endpoint: 's3.eu-west-1.amazonaws.com',
        prefix: '',
        isInsecure: false,
        notBuilt: [],
      },
      faults: [],
    })
  })

  it.each(['minio:9000', 'localhost', '[::1]:9000', '10.0.0.1:443'])(
    'takes the endpoint %s',
    (endpoint) => {
      expect(readSpec(readBucket, { ...sound, endpoint }).faults).toEqual([])
    },
  )

  it.each(['http://minio:9000', 'minio/path', 'user@host', 'host:port', '', 'a b', 'x\nHost: y'])(
    'refuses the endpoint %j with a remedy',
    (endpoint) => {
      const { faults } = readSpec(readBucket, { ...sound, endpoint })
      expect(faults).toEqual([`spec.endpoint '${endpoint}' is not allowed`])
    },
  )

  it('names what is not built yet', () => {
    const spec = { ...sound, provider: 'aws', sts: {}, certSecretRef: { name: 'ca' } }
    expect(readSpec(readBucket, spec).value.notBuilt).toEqual(['sts', 'certSecretRef'])
  })
})
