import { describe, expect, it } from 'vitest'
import { createHookIndex, followsRef } from '../../lib/reconcile/hook-index.ts'
import { keys } from '../../lib/reconcile/keys.ts'
import { SecretError } from '../../lib/secrets/secret-error.ts'
import { writeRecord } from '../../lib/store/records.ts'
import { clusterYaml, createTestWorld, idOf } from './world.ts'

describe('receiversAt', () => {
  it('shuts only the Receiver whose token cannot be opened any more', async () => {
    const world = await createTestWorld()
    const digest = 'a'.repeat(64)
    const receiver = (name: string) =>
      `---\napiVersion: notification.toolkit.fluxcd.io/v1\nkind: Receiver\nmetadata: { name: ${name}, namespace: flux-system }\nspec: { type: generic, secretRef: { name: t }, resources: [] }\n`
    await world.load(`${clusterYaml}${receiver('good')}${receiver('broken')}`)
    for (const name of ['good', 'broken']) {
      const id = idOf('Receiver', name)
      const record = {
        version: 1,
        id,
        type: 'generic',
        sealedToken: name,
        events: [],
        resources: [],
      }
      await writeRecord(world.ports.store, keys.receiver(digest, id), record)
    }
    const sealer = {
      ...world.ports.sealer,
      open: async (sealed: string) => {
        if (sealed === 'broken') throw new SecretError('SealBroken', 'sealed by another key')
        return sealed
      },
    }
    const { receiversAt } = createHookIndex({ ...world.ports, sealer })
    expect((await receiversAt(digest)).map(({ token }) => token)).toEqual(['good'])
    await world.close()
  })
})

describe('followsRef', () => {
  it.each([
    [{}, 'refs/heads/master', true],
    [{}, 'refs/heads/main', false],
    [{ branch: 'main' }, 'refs/heads/main', true],
    [{ branch: 'main' }, 'refs/tags/main', false],
    [{ tag: 'v1' }, 'refs/tags/v1', true],
    [{ semver: '>=1.0.0' }, 'refs/tags/v9', true],
    [{ semver: '>=1.0.0' }, 'refs/heads/main', false],
    [{ name: 'refs/pull/1/head' }, 'refs/pull/1/head', true],
    [{ branch: 'main', commit: 'a'.repeat(40) }, 'refs/heads/main', false],
    // The senders of some hooks name no ref: every source has to look.
    [{ branch: 'main' }, undefined, true],
  ])('%j and a push to %s: %s', (ref, pushed, follows) => {
    expect(followsRef(ref, pushed)).toBe(follows)
  })
})
