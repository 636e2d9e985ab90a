import { checkBody, checkKey, compareKeys, isInRange } from './key.ts'
import type { PutCondition, Store, StoredRecord } from './store.ts'

/** A store that ends with the process, for tests and for what is tried out without state. */
export function createMemoryStore(): Store {
  const records = new Map<string, StoredRecord>()
  let version = 0
  return {
    get: async (key) => {
      checkKey(key)
      const record = records.get(key)
      return record === undefined ? undefined : { ...record, body: record.body.slice() }
    },
    put: async (key, body, condition) => {
      checkKey(key)
      const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body.slice()
      checkBody(key, bytes.length)
      if (!holds(condition, records.get(key))) return undefined
      version += 1
      const etag = `"${version}"`
      records.set(key, { body: bytes, etag })
      return etag
    },
    delete: async (key, condition) => {
      checkKey(key)
      const record = records.get(key)
      if (record === undefined) return true
      if (!holds(condition, record)) return false
      return records.delete(key)
    },
    list: async (prefix, options = {}) =>
      [...records.keys()]
        .filter((key) => key.startsWith(prefix) && isInRange(key, options))
        .sort(compareKeys)
        .slice(0, options.limit),
  }
}

function holds(condition: PutCondition | undefined, record: StoredRecord | undefined): boolean {
  if (condition === undefined) return true
  if ('ifNoneMatch' in condition) return record === undefined
  return record?.etag === condition.ifMatch
}
