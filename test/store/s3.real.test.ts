import { afterAll, beforeAll } from 'vitest'
import { createS3Store } from '../../lib/store/s3.ts'
import { type AwsServer, startMinio, startMoto } from '../aws/moto.ts'
import { createBucket } from '../aws/requests.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { describeStore } from './contract.ts'

const servers = { moto: startMoto, minio: startMinio } as const

/** MinIO keeps objects as folders on a disk. No key of the state lies under another. */
const hidden = 'an object hides the objects under its key'
const known = {
  moto: {},
  minio: {
    'keeps a record beside records under it': hidden,
    'lists by prefix, which need not end a segment': hidden,
    'lists in the order of UTF-8 bytes': hidden,
    'lists ranges and limits': hidden,
    'tells keys apart by case, by dots and by what looks like an encoding':
      'names that a file system refuses are no keys',
  },
} as const

for (const name of ['moto', 'minio'] as const) {
  describeWithPeers([name], `state on ${name}`, () => {
    let server: AwsServer
    let count = 0
    beforeAll(async () => {
      server = await servers[name]()
    })
    afterAll(() => server?.stop())

    const open = async () => {
      count += 1
      const bucket = `state-${count}`
      await createBucket(server.call, bucket)
      return { store: createS3Store(server.call, bucket, { prefix: 'state/' }), manyKeys: 1100 }
    }
    describeStore(`s3 over ${name}`, open, known[name])
  })
}
