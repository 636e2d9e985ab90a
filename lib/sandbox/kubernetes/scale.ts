import { isJsonObject, type Json, type JsonObject, type KubeObject } from '../../manifest/object.ts'
import type { Resource } from './discovery/resources.ts'
import { at, numberIn, objectAt, textIn, withValue } from './json.ts'

/** The `scale` of a workload: its replicas, wanted and there, and how its pods are found. */
export function scaleOf(resource: Resource, object: KubeObject): JsonObject {
  const { name } = object.metadata
  const { spec, status, selector } = pathsOf(resource)
  const replicas = numberIn(object, ...spec) ?? 0
  const found = at(object, ...selector)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      namespace: textIn(object, 'metadata', 'namespace'),
      uid: textIn(object, 'metadata', 'uid'),
      resourceVersion: textIn(object, 'metadata', 'resourceVersion'),
      creationTimestamp: textIn(object, 'metadata', 'creationTimestamp'),
    },
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: numberIn(object, ...status) ?? 0,
      ...(found === undefined ? {} : { selector: printSelector(found) }),
    },
  }
}

/** The object with the replicas that its changed scale asks for. */
export function withScale(resource: Resource, object: KubeObject, scale: Json): JsonObject {
  const replicas = numberIn(scale, 'spec', 'replicas') ?? 0
  const version = textIn(scale, 'metadata', 'resourceVersion')
  const scaled = withValue(object, pathsOf(resource).spec, replicas)
  return version === '' ? scaled : withValue(scaled, ['metadata', 'resourceVersion'], version)
}

function pathsOf(resource: Resource): {
  readonly spec: readonly string[]
  readonly status: readonly string[]
  readonly selector: readonly string[]
} {
  const scale = resource.custom?.scale
  return {
    spec: stepsOf(scale?.spec ?? '.spec.replicas'),
    status: stepsOf(scale?.status ?? '.status.replicas'),
    selector: stepsOf(scale?.selector || '.spec.selector'),
  }
}

function stepsOf(path: string): readonly string[] {
  return path.split('.').filter((step) => step !== '')
}

function printSelector(selector: Json): string {
  if (typeof selector === 'string') return selector
  const labels = isJsonObject(at(selector, 'matchLabels'))
    ? objectAt(selector, 'matchLabels')
    : objectAt(selector)
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .sort()
    .join(',')
}
