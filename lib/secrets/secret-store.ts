import { SecretError } from './secret-error.ts'

/** The fleet's own secrets, apart from those in clusters: a name leads to keys, a key to bytes, as in a Kubernetes Secret. */
export type SecretStore = {
  /**
   * `name` is a Kubernetes name, or `<namespace>/<name>`. Undefined where there is none of this name;
   * throws SecretError where there is one that cannot be read.
   */
  readonly read: (name: string, kind?: SecretKind) => Promise<SecretData | undefined>
}

/** `Secret` where nothing is said. A ConfigMap never stands in for a Secret. */
export type SecretKind = 'Secret' | 'ConfigMap'

export type SecretData = ReadonlyMap<string, Uint8Array>

/** Asks one store after another; the first that has the name answers. */
export function firstOf(...stores: readonly SecretStore[]): SecretStore {
  return {
    read: async (name, kind) => {
      for (const store of stores) {
        const found = await store.read(name, kind)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

/** The parts of a name that a store may look up; throws `InvalidName` for what could leave the place it looks in. */
export function parseSecretName(name: string): {
  readonly namespace: string
  readonly name: string
} {
  const parts = name.split('/')
  if (parts.length > 2 || !parts.every(isKubernetesName)) {
    const message = `secret ${JSON.stringify(name.slice(0, 300))}: this is no name of a Secret; write <name> or <namespace>/<name>`
    throw new SecretError('InvalidName', message)
  }
  const [last = '', namespace = ''] = parts.toReversed()
  return { namespace, name: last }
}

function isKubernetesName(text: string): boolean {
  return text.length <= 253 && /^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/.test(text)
}

/** A key of a Secret or ConfigMap, as the API server allows it. */
export function isSecretKey(text: string): boolean {
  return text.length <= 253 && /^[-._a-zA-Z0-9]+$/.test(text) && !/^\.{1,2}$/.test(text)
}
