import { apiVersionOf, type Json, type JsonObject, type KubeObject } from '../../manifest/object.ts'
import type { Resource } from './discovery/resources.ts'
import { listAt, objectAt, textIn } from './json.ts'

/** An object of a kind in another of its versions. Custom resources keep their shape; autoscalers are the one built-in kind with two. */
export function convert(object: KubeObject, resource: Resource, version: string): KubeObject {
  const apiVersion = apiVersionOf({ group: resource.group, version })
  if (object.apiVersion === apiVersion) return object
  const converted = { ...object, apiVersion }
  if (resource.kind !== 'HorizontalPodAutoscaler' || resource.custom !== undefined) return converted
  const spec = objectAt(object, 'spec')
  return { ...converted, spec: version === 'v1' ? oldSpec(spec) : newSpec(spec) }
}

function oldSpec({ metrics, ...spec }: JsonObject): JsonObject {
  const cpu = listAt({ metrics: metrics ?? [] }, 'metrics').find(
    (metric) => textIn(metric, 'resource', 'name') === 'cpu',
  )
  const percentage = objectAt(cpu, 'resource', 'target').averageUtilization
  return percentage === undefined ? spec : { ...spec, targetCPUUtilizationPercentage: percentage }
}

function newSpec({ targetCPUUtilizationPercentage: percentage, ...spec }: JsonObject): JsonObject {
  if (percentage === undefined) return spec
  const target: Json = { type: 'Utilization', averageUtilization: percentage }
  return { ...spec, metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] }
}
