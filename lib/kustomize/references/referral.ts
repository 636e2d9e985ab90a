import { getField, type YamlNode } from '../../manifest/node.ts'
import { BuildError } from '../build-error.ts'
import { currentId, currentNamespace, kindOf, nameOf, type Resource } from '../resource/resource.ts'
import { clusterScope, formatId, type Gvk, isSelected } from '../resource/resource-id.ts'
import {
  type Candidate,
  createNamespaceIndex,
  indexByFormerName,
  isWithin,
  reachOf,
  withinReach,
} from './candidates.ts'
import type { ReferrerSpec } from './referrer-specs.ts'

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
  const byFormerName = indexByFormerName(resources)
  const namespaces = createNamespaceIndex(resources)
  return {
    forReferrer: (referrer) => {
      const reach = reachOf(referrer)
      const isReachable = (candidate: Candidate): boolean => isWithin(candidate, reach)
      const withName = (name: string): readonly Candidate[] =>
        withinReach(byFormerName.get(name), reach)
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
