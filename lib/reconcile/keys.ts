import { formatId, type ObjectId } from '../fleet/object-id.ts'

/**
 * Where everything lies in the store. One key an object, so that writers never contend;
 * an edge is an empty record whose key says that one thing leads to another.
 */
export const keys = {
  cluster: (name: string): string => `clusters/${name}`,
  objects: 'objects/',
  object: (id: ObjectId): string => `objects/${formatId(id)}`,
  objectsOf: (cluster: string, kind?: string): string =>
    kind === undefined ? `objects/${cluster}/` : `objects/${cluster}/${kind}/`,
  statuses: 'status/',
  status: (id: ObjectId): string => `status/${formatId(id)}`,
  input: (id: ObjectId): string => `inputs/${formatId(id)}`,
  traces: (id: ObjectId): string => `traces/${formatId(id)}`,
  suspension: (id: ObjectId): string => `suspended/${formatId(id)}`,
  lease: (id: ObjectId): string => `leases/${formatId(id)}`,
  /** Sources that a repository or a bucket leads to. */
  followers: (followed: string): string => `edges/follows/${encodeURIComponent(followed)}/`,
  /** Kustomizations that build from a source. */
  users: (source: ObjectId): string => `edges/uses/${formatId(source)}/`,
  /** Kustomizations that wait for another. */
  dependents: (dependency: ObjectId): string => `edges/needs/${formatId(dependency)}/`,
  artifact: (digest: string): string => `artifacts/${digest.replace(':', '/')}`,
  /** What a fetch of this revision with these rules and credentials gave, for all who ask for the same. */
  fetched: (fingerprint: string): string => `fetched/${fingerprint}`,
  event: (eventId: string): string => `events/${eventId}`,
  /** Events of runs that found nothing to do: many, and soon forgotten. */
  routineEvent: (eventId: string): string => `routine-events/${eventId}`,
  receiver: (digest: string, id: ObjectId): string => `hooks/${digest}/${formatId(id)}`,
  receiversAt: (digest: string): string => `hooks/${digest}/`,
  /** Messages that wait to be sent together. */
  messageGroup: (group: string): string => `messages/${group}`,
  /** When what nothing leads to was last looked for, and what it was. */
  sweep: 'sweep',
  /** How far the fleet of the state bucket was taken in. */
  fleetIntake: 'fleet-intake',
  recentEvents: (cluster: string): string => `recent/${cluster}`,
} as const

/** The digest in the path of a Receiver, `/hook/<sha256>`. */
export function digestOfPath(webhookPath: string): string {
  return webhookPath.slice('/hook/'.length)
}
