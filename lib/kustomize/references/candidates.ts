import { getField, type YamlNode } from '../../manifest/node.ts'
import { nodeToJson } from '../../manifest/node-json.ts'
import { rereadTag } from '../../manifest/scalar/scalar-json.ts'
import { BuildError } from '../build-error.ts'
import { wrongKind } from '../fields/node-edit.ts'
import {
  currentId,
  currentNamespace,
  formerIds,
  isEmptied,
  kindOf,
  namespaceOf,
  originalId,
  type Resource,
} from '../resource/resource.ts'
import { clusterScope, formatId, type ResourceId } from '../resource/resource-id.ts'

/** A resource that was renamed or moved, and so may have to be found by what it was called. */
export type Candidate = {
  readonly resource: Resource
  readonly current: ResourceId
  readonly former: readonly ResourceId[]
  readonly originalNamespace: string
  /** As written now. */
  readonly namespace: string
}

/** Resources that had one name, in load order; where there are many, also by the namespace they are in now. */
export type Namesakes = {
  readonly all: Candidate[]
  byNamespace: ReadonlyMap<string, readonly Candidate[]> | undefined
}

export function indexByFormerName(resources: readonly Resource[]): ReadonlyMap<string, Namesakes> {
  const index = new Map<string, Namesakes>()
  for (const resource of resources) {
    if (resource.former.length === 0 || isEmptied(resource)) continue
    const candidate = toCandidate(resource)
    for (const { name } of candidate.former) {
      const found = index.get(name)
      if (found === undefined) index.set(name, { all: [candidate], byNamespace: undefined })
      else if (found.all.at(-1) !== candidate) found.all.push(candidate)
    }
  }
  return index
}

/** So that a name that stands in every namespace is not searched through for each who refers to it. */
const manyNamesakes = 16

export function withinReach(namesakes: Namesakes | undefined, reach: Reach): readonly Candidate[] {
  if (namesakes === undefined) return []
  const { all } = namesakes
  if (reach === 'everything') return all
  if (all.length < manyNamesakes || reach.subjects.size > 0) {
    return all.filter((candidate) => isWithin(candidate, reach))
  }
  namesakes.byNamespace ??= Map.groupBy(all, ({ current }) => current.namespace)
  const { byNamespace } = namesakes
  const shared = byNamespace.get(clusterScope)
  if (shared !== undefined) return all.filter((candidate) => isWithin(candidate, reach))
  return byNamespace.get(reach.own) ?? []
}

function toCandidate(resource: Resource): Candidate {
  return {
    resource,
    current: currentId(resource),
    former: formerIds(resource),
    originalNamespace: originalId(resource).namespace,
    namespace: namespaceOf(resource),
  }
}

/** Groups by namespace: the original one if any reachable resource had it, else the current one. */
export function createNamespaceIndex(resources: readonly Resource[]): {
  readonly filter: (
    found: readonly Candidate[],
    isReachable: (candidate: Candidate) => boolean,
    namespace: string,
  ) => readonly Candidate[]
} {
  let samples: ReadonlyMap<string, ReadonlyMap<string, Candidate>> | undefined
  return {
    filter: (found, isReachable, namespace) => {
      if (namespace === clusterScope) return []
      samples ??= sampleNamespaces(resources)
      const known = [...(samples.get(namespace)?.values() ?? [])]
      return known.some(isReachable)
        ? found.filter((candidate) => candidate.originalNamespace === namespace)
        : found.filter((candidate) => candidate.current.namespace === namespace)
    },
  }
}

/** For each original namespace one resource of each kind of place it is in now. */
function sampleNamespaces(
  resources: readonly Resource[],
): ReadonlyMap<string, ReadonlyMap<string, Candidate>> {
  const samples = new Map<string, Map<string, Candidate>>()
  for (const resource of resources) {
    if (isEmptied(resource)) continue
    const candidate = toCandidate(resource)
    const { originalNamespace, current, namespace } = candidate
    const sample = samples.get(originalNamespace) ?? new Map<string, Candidate>()
    sample.set(`${current.namespace}\n${namespace}`, candidate)
    samples.set(originalNamespace, sample)
  }
  return samples
}

/** What a resource may refer to: its own namespace, what has none, and for a RoleBinding those of its subjects. */
export type Reach = 'everything' | { readonly own: string; readonly subjects: ReadonlySet<string> }

export function reachOf(referrer: Resource): Reach {
  const own = currentNamespace(referrer)
  return own === clusterScope ? 'everything' : { own, subjects: namespacesOfSubjects(referrer) }
}

export function isWithin({ current, namespace }: Candidate, reach: Reach): boolean {
  return (
    reach === 'everything' ||
    current.namespace === clusterScope ||
    current.namespace === reach.own ||
    reach.subjects.has(namespace)
  )
}

function namespacesOfSubjects(referrer: Resource): ReadonlySet<string> {
  const namespaces = new Set<string>()
  if (kindOf(referrer) !== 'RoleBinding') return namespaces
  const subjects = getField(referrer.node, 'subjects')
  if (subjects?.kind !== 'list') return namespaces
  for (const subject of subjects.items) {
    if (subject.kind !== 'map') throw wrongKind('a map among the subjects', subject)
    const namespace = getField(subject, 'namespace')
    const kind = getField(subject, 'kind')
    if (namespace === undefined || kind === undefined) continue
    if (textIn(kind, 'kind', referrer) !== 'ServiceAccount') continue
    namespaces.add(textIn(namespace, 'namespace', referrer))
  }
  return namespaces
}

function textIn(field: YamlNode, name: string, referrer: Resource): string {
  // Plain text that looks like a time is one to Go, and no string.
  const isTime = field.kind === 'scalar' && rereadTag(field, false) === '!!timestamp'
  const text = nodeToJson(field)
  if (typeof text === 'string' && !isTime) return text
  throw new BuildError(
    'FieldType',
    `${formatId(currentId(referrer))}: the ${name} of a subject is no text; write it in quotes or leave it out`,
  )
}
