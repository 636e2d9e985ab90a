import type { Json, JsonObject, KubeObject } from '../../manifest/object.ts'
import { convert } from './convert.ts'
import type { Resource } from './discovery/resources.ts'
import { textIn } from './json.ts'
import type { ObjectStore, StoreEvent } from './object-store.ts'
import { type ListQuery, matcherOf } from './reads.ts'
import { StatusError } from './status-error.ts'

/** Lines of a watch; `start` sends them until the function it answers is called. */
export type Watch = { readonly start: (send: (line: Json) => void) => () => void }

export type WatchQuery = Pick<ListQuery, 'namespace' | 'labelSelector' | 'fieldSelector'> & {
  /** Empty or `0`: first everything that is there, as added. */
  readonly resourceVersion: string
  readonly hasBookmarks: boolean
  readonly sendsInitialEvents: boolean
  readonly present: (object: KubeObject) => JsonObject
}

const bookmarkMs = 10_000

/** Throws `Expired` where the version is too old to go on from. */
export function watchObjects(store: ObjectStore, resource: Resource, query: WatchQuery): Watch {
  const isWanted = matcherOf(query)
  const isSeen = (object: KubeObject): boolean =>
    isInNamespace(object, query.namespace) && isWanted(object)
  const present = (object: KubeObject): JsonObject =>
    query.present(convert(object, resource, resource.version))
  const since = Number(query.resourceVersion || '0')
  const isFresh = since === 0 || query.sendsInitialEvents
  const missed = isFresh ? [] : store.eventsAfter(since)
  if (missed === undefined) {
    const message = `too old resource version: ${since} (${store.version()})`
    throw new StatusError('Expired', message)
  }
  return {
    start: (send) => {
      const sendEvent = (event: StoreEvent): void => {
        if (event.storageKey !== resource.storageKey) return
        const type = typeFor(event, isSeen)
        if (type !== undefined) send({ type, object: present(event.object) })
      }
      if (isFresh) {
        for (const object of store.list(resource.storageKey, query.namespace).filter(isWanted)) {
          send({ type: 'ADDED', object: present(object) })
        }
        if (query.sendsInitialEvents) send(bookmark(resource, store, true))
      }
      for (const event of missed) sendEvent(event)
      const stop = store.subscribe(sendEvent)
      const timer = query.hasBookmarks
        ? setInterval(() => send(bookmark(resource, store, false)), bookmarkMs).unref()
        : undefined
      return () => {
        stop()
        clearInterval(timer)
      }
    },
  }
}

function isInNamespace(object: KubeObject, namespace: string | undefined): boolean {
  return namespace === undefined || textIn(object, 'metadata', 'namespace') === namespace
}

/** An object that no longer fits the selector is deleted for who watches, one that now does is added. */
function typeFor(
  { type, object, previous }: StoreEvent,
  isSeen: (object: KubeObject) => boolean,
): string | undefined {
  const wasSeen = previous !== undefined && isSeen(previous)
  const isSeenNow = type !== 'DELETED' && isSeen(object)
  if (wasSeen) return isSeenNow ? 'MODIFIED' : 'DELETED'
  return isSeenNow ? 'ADDED' : undefined
}

function bookmark(resource: Resource, store: ObjectStore, isInitial: boolean): JsonObject {
  const { group, version, kind } = resource
  const annotations = { 'k8s.io/initial-events-end': 'true' }
  return {
    type: 'BOOKMARK',
    object: {
      kind,
      apiVersion: group === '' ? version : `${group}/${version}`,
      metadata: {
        resourceVersion: String(store.version()),
        ...(isInitial ? { annotations } : {}),
      },
    },
  }
}
