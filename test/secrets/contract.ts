import { describe, expect, it } from 'vitest'
import type { SecretData, SecretStore } from '../../lib/secrets/secret-store.ts'

/** What every store of secrets promises. `open` gives one that holds `git-auth` with `username` and `password`. */
export function describeSecrets(name: string, open: () => Promise<SecretStore>): void {
  describe(`${name} as a store of secrets`, () => {
    it('reads a secret as keys and bytes', async () => {
      const store = await open()
      expect(textsOf(await store.read('git-auth'))).toEqual({
        username: 'git',
        password: 'hünter 2',
      })
    })

    it('knows nothing of a secret that is not there', async () => {
      const store = await open()
      expect(await store.read('nothing')).toBeUndefined()
      expect(await store.read('flux-system/nothing')).toBeUndefined()
      expect(await store.read('constructor')).toBeUndefined()
    })
  })
}

export function textsOf(data: SecretData | undefined): Readonly<Record<string, string>> {
  const entries = [...(data ?? [])].map(([key, bytes]) => [key, new TextDecoder().decode(bytes)])
  return Object.fromEntries(entries)
}
