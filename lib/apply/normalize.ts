import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  splitApiVersion,
} from '../manifest/object.ts'
import { changeAt, changeValue, type JsonPath, valueAt } from './json-path.ts'
import { isDefinition } from './stages.ts'

export type Normalized = { readonly object: KubeObject; readonly notes: readonly string[] }

/**
 * The object as it is sent. Unlike Flux's conversion to Go types and back this drops no field: it only says
 * what the API server would assume (TCP), moves a Secret's stringData to data, and leaves out status, which an
 * apply cannot set. What changes the meaning is told in `notes`. Source: fluxcd/pkg/ssa/normalize.
 */
export function normalize(object: KubeObject): Normalized {
  const isCrd = isDefinition({ group: splitApiVersion(object.apiVersion).group, kind: object.kind })
  if (isCrd) return withoutInvalidBundle(object)
  const changed = [dropStatus, moveStringData, nameProtocols].reduce(
    (current, change) => change(current),
    object,
  )
  return { object: changed, notes: [] }
}

function dropStatus(object: KubeObject): KubeObject {
  return changeAt(object, ['status'], () => undefined)
}

/** Server-side apply would own stringData and data as two fields with two values. kubernetes#108008 */
function moveStringData(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return object
  const { stringData, data, apiVersion, kind, metadata, ...rest } = object
  if (!isJsonObject(stringData) || !(data === undefined || data === null || isJsonObject(data))) {
    return object
  }
  const texts = Object.entries(stringData).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[key, encodeBase64(value)]] : [],
  )
  // What is no text is left where it is, so that the API server names it.
  if (texts.length < Object.keys(stringData).length) return object
  const entries = [...Object.entries(data ?? {}), ...texts]
  return { apiVersion, kind, metadata, data: Object.fromEntries(entries), ...rest }
}

const podSpecs: Readonly<Record<string, JsonPath>> = {
  'v1/Pod': ['spec'],
  'apps/v1/Deployment': ['spec', 'template', 'spec'],
  'apps/v1/StatefulSet': ['spec', 'template', 'spec'],
  'apps/v1/DaemonSet': ['spec', 'template', 'spec'],
  'apps/v1/ReplicaSet': ['spec', 'template', 'spec'],
  'batch/v1/Job': ['spec', 'template', 'spec'],
  'batch/v1/CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}

/** The protocol is part of a port's key: where it is left out, two managers see two ports. kubernetes#98576 */
function nameProtocols(object: KubeObject): KubeObject {
  const type = `${object.apiVersion}/${object.kind}`
  if (type === 'v1/Service') return changeAt(object, ['spec', 'ports'], withProtocols)
  const podSpec = Object.hasOwn(podSpecs, type) ? podSpecs[type] : undefined
  if (podSpec === undefined) return object
  return changeAt(object, [...podSpec, 'containers'], (containers) =>
    Array.isArray(containers)
      ? containers.map((container) => changeValue(container, ['ports'], withProtocols) ?? container)
      : containers,
  )
}

function withProtocols(ports: Json): Json {
  if (!Array.isArray(ports)) return ports
  return ports.map((port) => (isJsonObject(port) && !port.protocol ? addTcp(port) : port))
}

function addTcp(port: JsonObject): JsonObject {
  return { ...port, protocol: 'TCP' }
}

const bundlePath: JsonPath = ['spec', 'conversion', 'webhook', 'clientConfig', 'caBundle']

/** A placeholder that an injector fills in later (`Cg==`) is refused by Kubernetes 1.31 and later. */
function withoutInvalidBundle(object: KubeObject): Normalized {
  const bundle = valueAt(object, bundlePath)
  if (typeof bundle !== 'string' || bundle === '' || isCertificate(bundle)) {
    return { object, notes: [] }
  }
  return {
    object: changeAt(object, bundlePath, () => undefined),
    notes: [`${bundlePath.join('.')} holds no certificate and is left out`],
  }
}

function isCertificate(base64: string): boolean {
  try {
    return atob(base64).includes('-----BEGIN CERTIFICATE-----')
  } catch {
    return false
  }
}

function encodeBase64(text: string): string {
  const bytes = new TextEncoder().encode(text)
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
