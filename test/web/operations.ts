import type { ObjectDetail, ObjectView, Operations } from '../../lib/reconcile/operations.ts'
import type { Event } from '../../lib/status/event.ts'

export type Told = { readonly objects?: readonly ObjectDetail[]; readonly events: Event[] }

/** Operations over what a test tells; `asked` remembers what was asked for. */
export function createToldOperations({ objects = [], events }: Told): Operations & {
  readonly asked: readonly string[]
} {
  const asked: string[] = []
  const find: Operations['object'] = async (id) =>
    objects.find(({ cluster, kind, namespace, name }) =>
      [
        cluster === id.cluster,
        kind === id.kind,
        namespace === id.namespace,
        name === id.name,
      ].every(Boolean),
    )
  const accept =
    (verb: string): Operations['reconcile'] =>
    async (id, options = {}) => {
      if ((await find(id)) === undefined) return undefined
      asked.push(`${verb} ${id.name} ${JSON.stringify(options)}`)
      return { requestedAt: '2026-11-23T10:00:00.000Z', isSuspended: verb === 'suspend' }
    }
  return {
    asked,
    clusters: async () =>
      [...new Set(objects.map(({ cluster }) => cluster))].map((name) => ({
        name,
        connection: 'sandbox',
        tenancy: 'open',
        objectCount: objects.length,
        readyCount: 0,
        failedCount: 0,
      })),
    objects: async ({ kind }) => objects.filter((each) => kind === undefined || each.kind === kind),
    object: find,
    events: async ({ limit = 100, after = '' }) =>
      events
        .filter(({ id }) => id > after)
        .reverse()
        .slice(0, limit),
    reconcile: accept('reconcile'),
    suspend: (id) => accept('suspend')(id),
    resume: (id) => accept('resume')(id),
    release: (id) => accept('release')(id),
  }
}

export function objectCalled(name: string, more: Partial<ObjectView> = {}): ObjectDetail {
  return {
    cluster: 'staging',
    kind: 'Kustomization',
    namespace: 'flux-system',
    name,
    revision: `main@sha1:${'1'.repeat(40)}`,
    isSuspended: false,
    ready: 'True',
    isStalled: false,
    reason: 'ReconciliationSucceeded',
    message: 'Applied revision',
    address: '',
    ...more,
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    metadata: { name },
    generation: 1,
    spec: {},
    status: { version: 1, observedGeneration: 1, conditions: [] },
    inventory: [],
    history: [],
    declaredBy: 'fleet',
  }
}

export function eventCalled(id: string, message = 'something happened'): Event {
  return {
    id,
    cluster: 'staging',
    involvedObject: {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      namespace: 'flux-system',
      name: 'apps',
    },
    severity: 'info',
    timestamp: '2026-11-23T10:00:00.000Z',
    reason: 'Progressing',
    message,
    metadata: {},
    reportingController: 'kustomize-controller',
  }
}
