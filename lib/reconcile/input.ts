import type { ObjectId } from '../fleet/object-id.ts'
import { isJsonObject } from '../manifest/object.ts'
import { readRecord, writeRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { keys } from './keys.ts'
import type { RegisteredObject } from './registry.ts'

/** What the last build that reached the cluster was made of. */
export type BuildInput = {
  readonly digest: string
  readonly reads: readonly string[]
  /** The digest of what it built to, by which the history knows it. */
  readonly build: string
}

/** Everything besides files that a build depends on. */
export function buildSettings({ record }: Pick<RegisteredObject, 'record'>): string {
  return `${record.uid}/${record.generation}`
}

export async function readInput(store: Store, id: ObjectId): Promise<BuildInput | undefined> {
  const found = await readRecord(store, keys.input(id), parseInput)
  return found?.value
}

export async function rememberInput(store: Store, id: ObjectId, input: BuildInput): Promise<void> {
  const record = { version: 1, ...input }
  await writeRecord(store, keys.input(id), record)
}

function parseInput(value: unknown): BuildInput | undefined {
  return isInput(value) ? value : undefined
}

function isInput(value: unknown): value is BuildInput {
  return (
    isJsonObject(value) &&
    typeof value.digest === 'string' &&
    typeof value.build === 'string' &&
    Array.isArray(value.reads)
  )
}
