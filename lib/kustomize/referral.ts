import { getField, type YamlNode } from '../manifest/node.ts'
import { nodeToJson } from '../manifest/node-json.ts'
import { BuildError } from './build-error.ts'
import { wrongKind } from './node-edit.ts'
import type { ReferrerSpec } from './referrer-specs.ts'
import {
  currentId,
  currentNamespace,
  formerIds,
  isEmptied,
  kindOf,
  nameOf,
  namespaceOf,
  originalId,
  type Resource,
} from './resource.ts'
import { clusterScope, formatId, type Gvk, isSelected, type ResourceId } from './resource-id.ts'

/** A resource that was renamed or moved, and so may have to be found by what it was called. */
type Candidate = {
  readonly resource: Resource
  readonly current: ResourceId
  readonly former: readonly ResourceId[]
  readonly originalNamespace: string
  /** As written now. */
  readonly namespace: string
}

/** Finds what a field of a referrer means. */
export type ReferrerScope = {
  /** By name alone. */
  readonly named: (name: string, spec: ReferrerSpec) => Resource | undefined
  /** By name, among those of the namespace that is written beside it. */
  readonly namedIn: (
    name: string,
    namespace: YamlNode | undefined,
    spec: ReferrerSpec,
  ) => Resource | undefined
}

export type Candidates = {
  readonly forReferrer: (referrer: Resource) => ReferrerScope
}

/** Indexes resources by the names they had. */
export function createCandidates(resources: readonly Resource[]): Candidates {
  const byFormerName = new Map<string, Candidate[]>()
  const namespaces = createNamespaceIndex()
  for (const resource of resources) {
    if (isEmptied(resource)) continue
    const candidate = toCandidate(resource)
    namespaces.add(candidate)
    for (const name of new Set(candidate.former.map((id) => id.name))) {
      const found = byFormerName.get(name)
      if (found === undefined) byFormerName.set(name, [candidate])
      else found.push(candidate)
    }
  }
  return {
    forReferrer: (referrer) => {
      const isReachable = reachable(referrer)
      const withName = (name: string): readonly Candidate[] =>
        byFormerName.get(name)?.filter(isReachable) ?? []
      return {
        named: (name, spec) => choose(referrer, withName(name), spec, false),
        namedIn: (name, namespace, spec) => {
          const found = withName(name)
          if (found.length === 0) return undefined
          const among =
            namespace === undefined
              ? found
              : namespaces.filter(found, isReachable, textOfNamespace(namespace))
          return choose(referrer, among, spec, true)
        },
      }
    },
  }
}

function textOfNamespace(node: YamlNode): string {
  return node.kind === 'scalar' ? node.value : ''
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
function createNamespaceIndex(): {
  readonly add: (candidate: Candidate) => void
  readonly filter: (
    found: readonly Candidate[],
    isReachable: (candidate: Candidate) => boolean,
    namespace: string,
  ) => readonly Candidate[]
} {
  const samples = new Map<string, Map<string, Candidate>>()
  return {
    add: (candidate) => {
      const { originalNamespace, current, namespace } = candidate
      const sample = samples.get(originalNamespace) ?? new Map<string, Candidate>()
      sample.set(`${current.namespace}\n${namespace}`, candidate)
      samples.set(originalNamespace, sample)
    },
    filter: (found, isReachable, namespace) => {
      if (namespace === clusterScope) return []
      const known = [...(samples.get(namespace)?.values() ?? [])]
      return known.some(isReachable)
        ? found.filter((candidate) => candidate.originalNamespace === namespace)
        : found.filter((candidate) => candidate.current.namespace === namespace)
    },
  }
}

/** What a resource may refer to: its own namespace, what has none, and for a RoleBinding those of its subjects. */
function reachable(referrer: Resource): (candidate: Candidate) => boolean {
  const own = currentNamespace(referrer)
  if (own === clusterScope) return () => true
  const subjectNamespaces = namespacesOfSubjects(referrer)
  return ({ current, namespace }) =>
    current.namespace === clusterScope ||
    current.namespace === own ||
    subjectNamespaces.has(namespace)
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
  const text = nodeToJson(field)
  if (typeof text === 'string') return text
  throw new BuildError(
    'FieldType',
    `${formatId(currentId(referrer))}: the ${name} of a subject is no text; write it in quotes or leave it out`,
  )
}

function choose(
  referrer: Resource,
  found: readonly Candidate[],
  spec: ReferrerSpec,
  needsNamespace: boolean,
): Resource | undefined {
  if (found.length === 0) return undefined
  const fitting = found.filter(
    (candidate) =>
      wasSelected(candidate, spec.target) &&
      fitsRoleRef(candidate, referrer, spec) &&
      isInNamespaceOf(candidate, referrer),
  )
  if (fitting.length === 1) return fitting[0]?.resource
  const near = narrow(fitting, referrer)
  const first = near[0]
  if (first === undefined || near.length === 1) return first?.resource
  if (near.every((candidate) => isAlike(candidate, first, needsNamespace))) return first.resource
  throw ambiguous(referrer, near, spec)
}

function wasSelected({ former }: Candidate, target: Gvk): boolean {
  return former.some((id) => isSelected(id, target))
}

/** A role reference says itself which kind it means. */
function fitsRoleRef(candidate: Candidate, referrer: Resource, spec: ReferrerSpec): boolean {
  if (!spec.isRoleRef) return true
  const roleRef = getField(referrer.node, 'roleRef')
  const group = getField(roleRef, 'apiGroup')
  const kind = getField(roleRef, 'kind')
  if (group === undefined || kind === undefined) return true
  const target = { group: textOfNamespace(group), version: '', kind: textOfNamespace(kind) }
  return wasSelected(candidate, target)
}

function isInNamespaceOf({ resource, current }: Candidate, referrer: Resource): boolean {
  const namespace = currentNamespace(referrer)
  return (
    namespace === clusterScope ||
    current.namespace === clusterScope ||
    kindOf(resource) === 'ServiceAccount' ||
    current.namespace === namespace
  )
}

/** Of several, those that went through the same prefixes and suffixes. */
function narrow(found: readonly Candidate[], referrer: Resource): readonly Candidate[] {
  const near = found.filter(({ resource }) => sharesAffixes(resource, referrer, true))
  if (near.length <= 1) return near
  return near.filter(({ resource }) => sharesAffixes(resource, referrer, false))
}

function sharesAffixes(one: Resource, other: Resource, mayBeEmpty: boolean): boolean {
  const shares = (left: readonly string[], right: readonly string[]): boolean =>
    (mayBeEmpty && (left.length === 0 || right.length === 0)) || haveSameEnd(left, right)
  return shares(one.prefixes, other.prefixes) && shares(one.suffixes, other.suffixes)
}

function haveSameEnd(one: readonly string[], other: readonly string[]): boolean {
  const [short, long] = one.length > other.length ? [other, one] : [one, other]
  if (short.length === 0) return long.length === 0
  const offset = long.length - short.length
  return short.every((text, index) => text === long[index + offset])
}

function isAlike(one: Candidate, other: Candidate, needsNamespace: boolean): boolean {
  return (
    nameOf(one.resource) === nameOf(other.resource) &&
    (!needsNamespace || one.namespace === other.namespace)
  )
}

function ambiguous(
  referrer: Resource,
  found: readonly Candidate[],
  spec: ReferrerSpec,
): BuildError {
  const ids = found.map(({ current }) => formatId(current)).join(', ')
  return new BuildError(
    'NameReferenceAmbiguous',
    `${formatId(currentId(referrer))}: ${spec.compiled.spec.path} may mean each of ${ids}; give them different names`,
    { data: { field: spec.compiled.spec.path } },
  )
}
