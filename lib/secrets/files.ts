import { readdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { isMissing, readBounded } from './bounded-file.ts'
import { readManifests, type SecretManifest } from './manifest.ts'
import { SecretError } from './secret-error.ts'
import {
  isSecretKey,
  parseSecretName,
  type SecretData,
  type SecretKind,
  type SecretStore,
} from './secret-store.ts'

/**
 * Secrets from a folder, in either of two forms: `<name>/<key>` holds the bytes of one key, as Kubernetes mounts a Secret
 * (`<namespace>/<name>/<key>` where it has a namespace); `*.yaml` holds Secret and ConfigMap manifests. The first form wins.
 * Read anew each time, so that a changed secret is used at once. Links may not leave the folder.
 */
export function createFileSecrets(directory: string): SecretStore {
  return {
    read: async (name, kind = 'Secret') => {
      const parsed = parseSecretName(name)
      const path = join(directory, parsed.namespace, parsed.name)
      return (await readFolder(directory, path)) ?? (await findManifest(directory, parsed, kind))
    },
  }
}

const maxFiles = 1000

/** Each file of the folder is a key; hidden names are how Kubernetes swaps a mounted Secret. */
async function readFolder(directory: string, folder: string): Promise<SecretData | undefined> {
  const names = await namesIn(folder)
  if (names === undefined) return undefined
  const root = `${await realpath(directory)}${sep}`
  const entries = await Promise.all(
    names
      .filter((name) => isSecretKey(name) && !name.startsWith('..'))
      .map(async (name): Promise<[string, Uint8Array] | undefined> => {
        const path = await realpath(join(folder, name))
        if (!path.startsWith(root)) throw outside(join(folder, name), directory)
        const bytes = await readBounded(path)
        return bytes === undefined ? undefined : [name, bytes]
      }),
  )
  const data = new Map(entries.filter((entry) => entry !== undefined))
  return data.size === 0 ? undefined : data
}

async function findManifest(
  directory: string,
  wanted: { readonly namespace: string; readonly name: string },
  kind: SecretKind,
): Promise<SecretData | undefined> {
  const isWanted = (manifest: SecretManifest) =>
    manifest.kind === kind &&
    manifest.name === wanted.name &&
    manifest.namespace === wanted.namespace
  const names = (await namesIn(directory)) ?? []
  let fault: unknown
  for (const name of names.filter((file) => /\.(?:ya?ml|json)$/.test(file))) {
    try {
      const found = (await manifestsIn(join(directory, name))).find(isWanted)
      if (found !== undefined) return found.data()
    } catch (thrown) {
      // The other files count; only where none has it, this one may be why.
      fault ??= thrown
    }
  }
  if (fault !== undefined) throw fault
  return undefined
}

async function manifestsIn(path: string): Promise<readonly SecretManifest[]> {
  const bytes = await readBounded(path)
  return bytes === undefined ? [] : readManifests(path, new TextDecoder().decode(bytes))
}

/** Sorted; undefined where there is no such folder. */
async function namesIn(folder: string): Promise<readonly string[] | undefined> {
  try {
    const names = await readdir(folder)
    if (names.length <= maxFiles) return names.sort()
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    const message = `secrets in ${folder}: the folder cannot be read`
    throw new SecretError('SecretUnreadable', message, { cause: thrown })
  }
  const message = `secrets in ${folder}: more than ${maxFiles} files; keep nothing else there`
  throw new SecretError('SecretTooLarge', message)
}

function outside(path: string, directory: string): SecretError {
  const message = `secret ${path}: the link leads out of ${directory}; keep the file inside`
  return new SecretError('SecretUnreadable', message)
}
