import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createOperations, type Operations } from '../reconcile/operations.ts'
import { createRegistry } from '../reconcile/registry.ts'
import { createFileStore } from '../store/files.ts'

/** The state of a `serve` that does not run: everything can be read, and `suspend` is kept; requests have no one to take them up. */
export function openOffline(stateDirectory: string): Operations {
  const store = createFileStore(join(stateDirectory, 'store'))
  const now = () => new Date()
  const registry = createRegistry({ store, now, uniqueId: randomUUID })
  const requests = { send: async () => {} }
  return createOperations({ store, registry, requests, now, uniqueId: randomUUID })
}
