import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFileSecrets } from '../../lib/secrets/files.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../store/temporary-folder.ts'
import { describeSecrets, textsOf } from './contract.ts'

let folder: TemporaryFolder
beforeEach(async () => {
  folder = await createTemporaryFolder()
})
afterEach(() => folder.remove())

async function write(path: string, text: string): Promise<void> {
  const file = join(folder.path, path)
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, text)
}

describeSecrets('a folder of keys', async () => {
  await write('git-auth/username', 'git')
  await write('git-auth/password', 'hünter 2')
  return createFileSecrets(folder.path)
})

const manifests = `
apiVersion: v1
kind: ConfigMap
metadata: { name: git-auth }
data: { username: from a ConfigMap }
---
apiVersion: v1
kind: Secret
metadata: { name: git-auth }
data: { username: Z2l0 }
stringData:
  password: hünter 2
---
apiVersion: v1
kind: Secret
metadata: { name: git-auth, namespace: flux-system }
stringData: { username: other }
`

describeSecrets('a folder of manifests', async () => {
  await write('all.yaml', manifests)
  return createFileSecrets(folder.path)
})

describe('secrets in a folder', () => {
  const store = () => createFileSecrets(folder.path)

  it('are told apart by namespace and by kind', async () => {
    await write('all.yaml', manifests)
    await write('apps/db/password', 'mounted')
    expect(textsOf(await store().read('flux-system/git-auth'))).toEqual({ username: 'other' })
    expect(textsOf(await store().read('git-auth', 'ConfigMap'))).toEqual({
      username: 'from a ConfigMap',
    })
    expect(textsOf(await store().read('apps/db'))).toEqual({ password: 'mounted' })
    expect(await store().read('apps')).toBeUndefined()
  })

  it('may be a List, binary, and as JSON', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      data: { k: '/wAB' },
    }
    await write('list.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [secret] }))
    expect((await store().read('a'))?.get('k')).toEqual(Uint8Array.of(255, 0, 1))
  })

  it('are read as Kubernetes mounts them, by links that stay inside', async () => {
    await write('git/..2026_11_23/password', 'mounted')
    await symlink('..2026_11_23', join(folder.path, 'git/..data'))
    await symlink('..data/password', join(folder.path, 'git/password'))
    expect(textsOf(await store().read('git'))).toEqual({ password: 'mounted' })
  })

  it('are not read by links that lead out', async () => {
    const outside = await createTemporaryFolder()
    await writeFile(join(outside.path, 'key'), 'private')
    await mkdir(join(folder.path, 'a'))
    await symlink(join(outside.path, 'key'), join(folder.path, 'a/key'))
    const thrown = await store()
      .read('a')
      .catch((error: unknown) => error)
    expect(thrown).toMatchObject({ code: 'SecretUnreadable' })
    await outside.remove()
  })

  it('are new as soon as the file is', async () => {
    const secrets = store()
    await write('a/key', 'one')
    expect(textsOf(await secrets.read('a'))).toEqual({ key: 'one' })
    await write('a/key', 'two')
    expect(textsOf(await secrets.read('a'))).toEqual({ key: 'two' })
    await rm(join(folder.path, 'a'), { recursive: true })
    expect(await secrets.read('a')).toBeUndefined()
  })

  it('are none in a folder that is not there', async () => {
    expect(await createFileSecrets(join(folder.path, 'none')).read('a')).toBeUndefined()
  })

  it('are refused, and not quoted, where they are malformed', async () => {
    const faults = [
      'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ndata: { key: hush! }',
      'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: { key: 123456 }',
      'apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: [hush!]',
      'kind: Secret\n  hush!: [',
      `apiVersion: v1\nkind: Secret\nmetadata: { name: a }\nstringData: &a { k: hush! }\nx: [${'*a,'.repeat(200)}]`,
    ]
    for (const text of faults) {
      await write('a.yaml', text)
      const thrown = await store()
        .read('a')
        .catch((error: unknown) => error)
      expect(thrown, text).toMatchObject({ code: 'SecretMalformed' })
      expect(String(thrown)).toContain('a.yaml')
      expect(`${String(thrown)}`).not.toMatch(/hush|123456/)
    }
  })

  it('are found although another file is malformed', async () => {
    await write('0.yaml', 'a: [')
    await write('1.yaml', manifests)
    expect(textsOf(await store().read('git-auth')).username).toBe('git')
    await expect(store().read('unknown')).rejects.toMatchObject({ code: 'SecretMalformed' })
  })

  it('are bounded', async () => {
    await write('a/key', 'x'.repeat(2 * 1024 * 1024 + 1))
    await expect(store().read('a')).rejects.toMatchObject({ code: 'SecretTooLarge' })
  })

  it('are not looked for outside of the folder', async () => {
    for (const name of ['..', '../a', 'a/../..', 'a/b/c', '/etc', '.']) {
      await expect(store().read(name)).rejects.toMatchObject({ code: 'InvalidName' })
    }
  })
})
