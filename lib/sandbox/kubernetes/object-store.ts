import type { KubeObject } from '../../manifest/object.ts'
import type { Entry, Journal } from './journal.ts'
import { textIn } from './json.ts'

export type StoreEvent = {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly storageKey: string
  readonly object: KubeObject
  /** What it was before, where it was. */
  readonly previous?: KubeObject
}

/** The objects of a cluster with one version counter over all of them, as etcd keeps it. */
export type ObjectStore = {
  readonly version: () => number
  readonly get: (storageKey: string, namespace: string, name: string) => KubeObject | undefined
  /** In order of namespace and name; those of one namespace where one is given. */
  readonly list: (storageKey: string, namespace?: string) => readonly KubeObject[]
  readonly storageKeys: () => readonly string[]
  /** Creates or replaces; answers the object with its new resourceVersion. */
  readonly put: (storageKey: string, object: KubeObject) => KubeObject
  readonly remove: (storageKey: string, object: KubeObject) => KubeObject
  readonly subscribe: (listener: (event: StoreEvent) => void) => () => void
  /** What happened since; undefined where that is too long ago to know. */
  readonly eventsAfter: (version: number) => readonly StoreEvent[] | undefined
}

export function createObjectStore(journal: Journal | undefined): ObjectStore {
  const state = load(journal)
  const { tables } = state
  let { version } = state
  const note = createNoter(journal, tables, state.lines)
  const { tell, subscribe, eventsAfter } = createEventLog(version)
  return {
    version: () => version,
    get: (storageKey, namespace, name) => tables.get(storageKey)?.get(`${namespace}/${name}`),
    list: (storageKey, namespace) => listTable(tables.get(storageKey), namespace),
    storageKeys: () => [...tables.keys()],
    put: (storageKey, object) => {
      version += 1
      const table = tableIn(tables, storageKey)
      const id = idOf(object)
      const previous = table.get(id)
      const stored = withVersion(object, version)
      table.set(id, stored)
      const type = previous === undefined ? 'ADDED' : 'MODIFIED'
      note({ version, storageKey, id, object: stored })
      tell({ version, type, storageKey, object: stored, ...(previous && { previous }) })
      return stored
    },
    remove: (storageKey, object) => {
      version += 1
      const id = idOf(object)
      tables.get(storageKey)?.delete(id)
      const removed = withVersion(object, version)
      note({ version, storageKey, id })
      tell({ version, type: 'DELETED', storageKey, object: removed, previous: object })
      return removed
    },
    subscribe,
    eventsAfter,
  }
}

/** Events that a watch can still be resumed from. */
const maxEvents = 10_000

type EventLog = Pick<ObjectStore, 'subscribe' | 'eventsAfter'> & {
  readonly tell: (event: StoreEvent) => void
}

function createEventLog(version: number): EventLog {
  const listeners = new Set<(event: StoreEvent) => void>()
  let events: StoreEvent[] = []
  let firstKnown = version
  return {
    tell: (event) => {
      events.push(event)
      if (events.length > 2 * maxEvents) {
        events = events.slice(-maxEvents)
        firstKnown = (events[0]?.version ?? event.version) - 1
      }
      for (const listener of listeners) listener(event)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    eventsAfter: (after) =>
      after < firstKnown ? undefined : events.filter((event) => event.version > after),
  }
}

/** Notes changes in the journal, and writes it anew where most of its lines tell what is over. */
function createNoter(
  journal: Journal | undefined,
  tables: Tables,
  linesRead: number,
): (entry: Entry) => void {
  if (journal === undefined) return () => {}
  let lines = linesRead
  return (entry) => {
    journal.append(entry)
    lines += 1
    if (lines <= 1000 || lines <= 4 * count(tables)) return
    journal.replace(entriesOf(tables, entry.version))
    lines = count(tables)
  }
}

type Tables = Map<string, Map<string, KubeObject>>

function load(journal: Journal | undefined): {
  readonly tables: Tables
  readonly version: number
  readonly lines: number
} {
  const tables: Tables = new Map()
  const entries = journal?.read() ?? []
  let version = 0
  for (const { version: at, storageKey, id, object } of entries) {
    version = Math.max(version, at)
    const table = tableIn(tables, storageKey)
    if (object === undefined) table.delete(id)
    else table.set(id, object)
  }
  // Written anew, so that a line cut short by a crash does not swallow the next one.
  if (entries.length > 0) journal?.replace(entriesOf(tables, version))
  return { tables, version, lines: count(tables) }
}

function tableIn(tables: Tables, storageKey: string): Map<string, KubeObject> {
  const table = tables.get(storageKey) ?? new Map<string, KubeObject>()
  tables.set(storageKey, table)
  return table
}

function entriesOf(tables: Tables, version: number): readonly Entry[] {
  const kept = [...tables].flatMap(([storageKey, table]) =>
    [...table].map(([id, object]) => ({ version, storageKey, id, object })),
  )
  // The counter never goes back, even where the last change was a deletion.
  return [...kept, { version, storageKey: '', id: '' }]
}

function count(tables: Tables): number {
  return [...tables.values()].reduce((sum, table) => sum + table.size, 0)
}

function listTable(
  table: ReadonlyMap<string, KubeObject> | undefined,
  namespace: string | undefined,
): readonly KubeObject[] {
  const entries = [...(table ?? [])].sort(([a], [b]) => (a < b ? -1 : 1))
  const wanted =
    namespace === undefined ? entries : entries.filter(([id]) => id.startsWith(`${namespace}/`))
  return wanted.map(([, object]) => object)
}

function idOf(object: KubeObject): string {
  return `${textIn(object, 'metadata', 'namespace')}/${object.metadata.name}`
}

function withVersion(object: KubeObject, version: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
}
