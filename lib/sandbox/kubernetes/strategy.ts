import type { Json, JsonObject, KubeObject } from '../../manifest/object.ts'
import type { Resource } from './discovery/resources.ts'
import { at, isSame, listAt, objectAt, textIn, withValue } from './json.ts'

/** What the server itself puts into an object of some kinds when it is made. */
export function allocate(object: KubeObject, uid: string, addresses: Addresses): KubeObject {
  switch (object.kind) {
    case 'Service':
      return allocateService(object, addresses)
    case 'Job':
      return labelJob(object, uid)
    case 'CustomResourceDefinition':
      return {
        ...object,
        status: {
          conditions: null,
          acceptedNames: { plural: '', kind: '' },
          storedVersions: storedVersions(object),
        },
      }
    default:
      return object
  }
}

/** Hands out addresses and ports that no Service has. */
export type Addresses = { readonly clusterIp: () => string; readonly nodePort: () => number }

function allocateService(object: KubeObject, addresses: Addresses): KubeObject {
  const type = textIn(object, 'spec', 'type')
  if (type === 'ExternalName') return object
  const clusterIP = textIn(object, 'spec', 'clusterIP') || addresses.clusterIp()
  const spec: JsonObject = {
    ...objectAt(object, 'spec'),
    clusterIP,
    clusterIPs: [clusterIP],
    ipFamilies: at(object, 'spec', 'ipFamilies') ?? ['IPv4'],
    ipFamilyPolicy: at(object, 'spec', 'ipFamilyPolicy') ?? 'SingleStack',
  }
  return { ...object, spec: { ...spec, ...withNodePorts(spec, type, addresses) } }
}

function withNodePorts(spec: JsonObject, type: string, addresses: Addresses): JsonObject {
  const { ports } = spec
  if ((type !== 'NodePort' && type !== 'LoadBalancer') || !Array.isArray(ports)) return {}
  if (spec.allocateLoadBalancerNodePorts === false) return {}
  const numbered = ports.map((port: Json) =>
    at(port, 'nodePort') === undefined
      ? { ...objectAt(port), nodePort: addresses.nodePort() }
      : port,
  )
  return { ports: numbered }
}

/** A Job finds its pods by a label that nothing else has. */
function labelJob(object: KubeObject, uid: string): KubeObject {
  if (at(object, 'spec', 'manualSelector') === true) return object
  const labels = {
    ...objectAt(object, 'spec', 'template', 'metadata', 'labels'),
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': object.metadata.name,
    'controller-uid': uid,
    'job-name': object.metadata.name,
  }
  const matchLabels = { 'batch.kubernetes.io/controller-uid': uid }
  const spec = {
    ...objectAt(object, 'spec'),
    manualSelector: false,
    selector: { matchLabels },
  }
  const own = objectAt(object, 'metadata', 'labels')
  const metadata = { ...object.metadata, labels: { ...own, ...labels } }
  const labelled = withValue({ spec }, ['spec', 'template', 'metadata', 'labels'], labels)
  return { ...object, metadata, ...labelled }
}

function storedVersions(object: KubeObject): Json {
  const versions = at(object, 'spec', 'versions')
  return Array.isArray(versions)
    ? versions.filter((version) => at(version, 'storage') === true).map((v) => textIn(v, 'name'))
    : []
}

/** What was allocated stays where an update does not mention it. */
export function keepAllocated(live: KubeObject, next: KubeObject): KubeObject {
  if (next.kind === 'Job') return keepFields(live, next, ['selector', 'manualSelector'])
  if (next.kind !== 'Service' || textIn(next, 'spec', 'type') === 'ExternalName') return next
  const fields = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']
  return textIn(next, 'spec', 'type') === 'ClusterIP'
    ? withoutNodeFields(keepFields(live, next, fields))
    : keepFields(live, next, fields)
}

/** A Service that no longer opens ports on nodes has none of their settings. */
function withoutNodeFields(service: KubeObject): KubeObject {
  const {
    externalTrafficPolicy,
    allocateLoadBalancerNodePorts: _,
    ports,
    ...rest
  } = objectAt(service, 'spec')
  const isOutside = listAt(rest, 'externalIPs').length > 0
  const spec =
    isOutside && externalTrafficPolicy !== undefined ? { ...rest, externalTrafficPolicy } : rest
  if (!Array.isArray(ports)) return { ...service, spec }
  const bare = ports.map((port: Json) => withValue(objectAt(port), ['nodePort'], undefined))
  return { ...service, spec: { ...spec, ports: bare } }
}

function keepFields(live: KubeObject, next: KubeObject, fields: readonly string[]): KubeObject {
  const kept = fields.flatMap((field): [string, Json][] => {
    const before = at(live, 'spec', field)
    return before === undefined || at(next, 'spec', field) !== undefined ? [] : [[field, before]]
  })
  if (kept.length === 0) return next
  return { ...next, spec: { ...objectAt(next, 'spec'), ...Object.fromEntries(kept) } }
}

/** Built-in kinds whose changes are counted in `metadata.generation`. */
const counted: ReadonlySet<string> = new Set([
  'CronJob',
  'CustomResourceDefinition',
  'DaemonSet',
  'Deployment',
  'EndpointSlice',
  'FlowSchema',
  'Ingress',
  'IngressClass',
  'Job',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'MutatingWebhookConfiguration',
  'NetworkPolicy',
  'Pod',
  'PodDisruptionBudget',
  'PriorityClass',
  'PriorityLevelConfiguration',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'ValidatingWebhookConfiguration',
])

/** The generation of an object that was `live` before, undefined where its kind has none. */
export function generationOf(
  resource: Resource,
  live: KubeObject | undefined,
  next: KubeObject,
): number | undefined {
  if (resource.custom === undefined && !counted.has(resource.kind)) return undefined
  if (live === undefined) return 1
  const before = at(live, 'metadata', 'generation')
  const count = typeof before === 'number' ? before : 1
  // Annotations of a Deployment go to its pods' owner, so they count as well.
  const isAnnotated =
    resource.kind === 'Deployment' &&
    !isSame(at(live, 'metadata', 'annotations'), at(next, 'metadata', 'annotations'))
  const isKept = !isAnnotated && isSame(desiredOf(resource, live), desiredOf(resource, next))
  return isKept ? count : count + 1
}

/** All but metadata and what a controller writes. */
function desiredOf(resource: Resource, object: KubeObject): JsonObject {
  const hasStatus = resource.subresources.includes('status')
  return Object.fromEntries(
    Object.entries(object).filter(
      ([key]) => key !== 'metadata' && key !== 'apiVersion' && !(hasStatus && key === 'status'),
    ),
  )
}
