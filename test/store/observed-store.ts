import type { Store } from '../../lib/store/store.ts'

export type ObservedStore = {
  readonly store: Store
  /** `get key`, `put key`, `delete key`, `list prefix`, in order. */
  readonly calls: () => readonly string[]
  readonly forget: () => void
}

/** `store` with a record of what was asked of it. `before` may fail a call, or do something in front of it. */
export function observe(
  store: Store,
  before: (call: string, count: number) => Promise<void> | void = () => {},
): ObservedStore {
  let calls: readonly string[] = []
  const seen = async (call: string): Promise<void> => {
    calls = [...calls, call]
    await before(call, calls.length)
  }
  return {
    calls: () => calls,
    forget: () => {
      calls = []
    },
    store: {
      get: async (key) => {
        await seen(`get ${key}`)
        return await store.get(key)
      },
      put: async (key, body, condition) => {
        await seen(`put ${key}`)
        return await store.put(key, body, condition)
      },
      delete: async (key, condition) => {
        await seen(`delete ${key}`)
        return await store.delete(key, condition)
      },
      list: async (prefix, options) => {
        await seen(`list ${prefix}`)
        return await store.list(prefix, options)
      },
    },
  }
}

/** Thrown where a test lets a process end: nobody catches it. */
export const killed: Error = new Error('the process was killed here')
