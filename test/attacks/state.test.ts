import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packTree } from '../../lib/artifact/archive.ts'
import { filesOfTexts } from '../../lib/artifact/tree.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import { configMap, fromBucket } from './fleet.ts'
import { isReady, type Served, serveForAttacks } from './serve.ts'

let served: Served

beforeAll(async () => {
  served = await serveForAttacks({
    objects: { 'app/app.yaml': configMap('app') },
    fleet: ({ endpoint }) => fromBucket('app', endpoint),
  })
  await served.until('Kustomization', 'app', isReady)
})
afterAll(() => served.close())

const { bytes: planted } = packTree(filesOfTexts({ 'app/app.yaml': configMap('planted') }))

describe('an artifact that was altered at rest', () => {
  const altered: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array])[] = [
    ['another whole archive', () => planted],
    ['one byte', (bytes) => bytes.with(600, 0x42)],
    ['a cut end', (bytes) => bytes.subarray(0, 700)],
    ['noise', (bytes) => new Uint8Array(randomBytes(bytes.length))],
    ['nothing', () => new Uint8Array()],
  ]

  it.each(altered)('A50: is never applied and is fetched again: %s', async (_, change) => {
    const { artifact } = (await served.object('Bucket', 'app')).status
    const key = keys.artifact(artifact?.digest ?? '')
    const before = await served.runtime().store.get(key)
    await served.runtime().store.put(key, change(before?.body ?? new Uint8Array()))
    // What this process unpacked before is not read again.
    await served.restart()
    for (const kind of ['Bucket', 'Kustomization']) await lookAgain(kind)
    const after = await served.runtime().store.get(key)
    expect(Buffer.from(after?.body ?? []).equals(Buffer.from(before?.body ?? []))).toBe(true)
    const client = await served.client()
    const ref = {
      group: '',
      version: 'v1',
      kind: 'ConfigMap',
      namespace: 'default',
      name: 'planted',
    }
    expect(await client.find(ref)).toBeUndefined()
  })
})

/** Asks for a look, and waits until it was had. */
async function lookAgain(kind: string): Promise<void> {
  const id = { cluster: 'here', kind, namespace: 'flux-system', name: 'app' }
  const accepted = await served.runtime().operations.reconcile(id)
  const at = accepted?.requestedAt ?? 'never'
  await served.until(kind, 'app', (object) => {
    const { lastHandledReconcileAt = '' } = object.status
    return isReady(object) && lastHandledReconcileAt >= at
  })
}
