import type { SecretStore } from './secret-store.ts'

/** Secrets from a table of texts, for tests: name → key → text. */
export function createMemorySecrets(
  table: Readonly<Record<string, Readonly<Record<string, string>>>>,
): SecretStore {
  const encoder = new TextEncoder()
  return {
    read: async (name) => {
      if (!Object.hasOwn(table, name)) return undefined
      const entries = Object.entries(table[name] ?? {})
      return new Map(entries.map(([key, text]) => [key, encoder.encode(text)]))
    },
  }
}
