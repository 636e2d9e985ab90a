import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { isJsonObject } from '../../lib/manifest/object.ts'
import { createSandboxBucket } from '../../lib/sandbox/bucket.ts'
import { createSandboxCluster } from '../../lib/sandbox/kubernetes/sandbox-cluster.ts'
import { childDirectory, startChild } from './child.ts'
import { configMap, fleetOf, fromBucket } from './fleet.ts'
import { eventually } from './serve.ts'

/** What is left of 256 MB for objects: a function of that size gives its heap no more. */
const heapMegabytes = 160
const count = 4_000

it('A40: 4,000 objects are brought to a cluster by a process of 256 MB', {
  timeout: 300_000,
}, async () => {
  const cluster = createSandboxCluster()
  const { kubeconfigText } = await cluster.listen()
  const bucket = createSandboxBucket()
  const bucketHost = await bucket.listen()
  for (let file = 0; file < 4; file += 1) {
    const names = Array.from({ length: count / 4 }, (_, at) => `map-${file}-${at}`)
    const text = names.map((name) => configMap(name, { text: 'x'.repeat(400) })).join('\n---\n')
    await bucket.put('attacks', `many/file-${file}.yaml`, text)
  }
  const context = /current-context: (\S+)/.exec(kubeconfigText)?.[1] ?? ''
  const objects = fromBucket('many', new URL(bucketHost.url).host)
  const { directory, remove } = await childDirectory(fleetOf(objects, { connection: { context } }))
  await writeFile(join(directory, 'kubeconfig'), kubeconfigText)
  const child = await startChild({
    directory,
    nodeFlags: [`--max-old-space-size=${heapMegabytes}`],
    flags: ['--kubeconfig', join(directory, 'kubeconfig')],
    secrets: {
      DRIFTLESS_SECRET_KEYS__ACCESSKEY: 'any',
      DRIFTLESS_SECRET_KEYS__SECRETKEY: 'any-secret',
    },
  })
  const look = async (): Promise<unknown> => {
    const path = '/api/v1/objects/here/Kustomization/flux-system/many'
    return (await fetch(`${child.url}${path}`)).json()
  }
  await eventually(
    async () => {
      const found = await look()
      return isJsonObject(found) && found.ready === 'True'
    },
    () => `all are applied: ${child.log().slice(-2_000)}`,
    240_000,
  )
  expect(await look()).toMatchObject({ inventory: { length: count } })
  const store = join(directory, 'state/store')
  const files = await readdir(store, { recursive: true, withFileTypes: true })
  const records = files.filter((file) => file.isFile() && !file.parentPath.includes('artifacts'))
  const sizes = await Promise.all(
    records.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  )
  expect(Math.max(...sizes)).toBeLessThan(1024 * 1024)
  await child.kill()
  await Promise.all([cluster.close(), bucketHost.close(), remove()])
})
