import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import { at, objectAt, textIn } from '../json.ts'

/** A pod's spec with what the API server fills in. */
export function withPodDefaults(spec: JsonObject): JsonObject {
  const filled = {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    securityContext: {},
    schedulerName: 'default-scheduler',
    ...spec,
  }
  const account = textIn(spec, 'serviceAccountName') || textIn(spec, 'serviceAccount')
  return {
    ...filled,
    // The old name of the field is kept beside the new one.
    ...(account === '' ? {} : { serviceAccount: account, serviceAccountName: account }),
    ...mapField(spec, 'containers', withContainerDefaults),
    ...mapField(spec, 'initContainers', withContainerDefaults),
    ...mapField(spec, 'ephemeralContainers', withContainerDefaults),
    ...mapField(spec, 'volumes', withVolumeDefaults),
  }
}

function mapField(
  object: JsonObject,
  field: string,
  change: (item: JsonObject) => JsonObject,
): JsonObject {
  const list = at(object, field)
  if (!Array.isArray(list)) return {}
  return { [field]: list.map((item: Json) => (isJsonObject(item) ? change(item) : item)) }
}

function withContainerDefaults(container: JsonObject): JsonObject {
  const image = textIn(container, 'image')
  const probes = ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((field) => {
    const probe = at(container, field)
    return isJsonObject(probe) ? [[field, withProbeDefaults(probe)] as const] : []
  })
  return {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isLatest(image) ? 'Always' : 'IfNotPresent',
    resources: {},
    ...container,
    ...Object.fromEntries(probes),
    ...mapField(container, 'ports', (port) => ({ protocol: 'TCP', ...port })),
    ...mapField(container, 'env', withEnvDefaults),
  }
}

/** No tag and no digest, or the tag `latest`. */
function isLatest(image: string): boolean {
  const name = image.slice(image.lastIndexOf('/') + 1)
  return name.endsWith(':latest') || !/[:@]/.test(name)
}

function withProbeDefaults(probe: JsonObject): JsonObject {
  const http = at(probe, 'httpGet')
  const grpc = at(probe, 'grpc')
  return {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...probe,
    ...(isJsonObject(http) ? { httpGet: { path: '/', scheme: 'HTTP', ...http } } : {}),
    ...(isJsonObject(grpc) ? { grpc: { service: '', ...grpc } } : {}),
  }
}

function withEnvDefaults(variable: JsonObject): JsonObject {
  const field = at(variable, 'valueFrom', 'fieldRef')
  if (!isJsonObject(field)) return variable
  const fieldRef = { apiVersion: 'v1', ...field }
  return { ...variable, valueFrom: { ...objectAt(variable, 'valueFrom'), fieldRef } }
}

/** A pod's own containers: what is limited and not requested is requested as limited. */
export function withRequests(spec: JsonObject): JsonObject {
  const fill = (container: JsonObject): JsonObject => ({ ...container, ...resourcesOf(container) })
  return {
    ...spec,
    ...mapField(spec, 'containers', fill),
    ...mapField(spec, 'initContainers', fill),
  }
}

function resourcesOf(container: JsonObject): JsonObject {
  const limits = at(container, 'resources', 'limits')
  if (!isJsonObject(limits)) return {}
  const requests = { ...limits, ...objectAt(container, 'resources', 'requests') }
  return { resources: { ...objectAt(container, 'resources'), requests } }
}

function withVolumeDefaults(volume: JsonObject): JsonObject {
  const isBare = Object.keys(volume).every((key) => key === 'name')
  if (isBare) return { ...volume, emptyDir: {} }
  const source = Object.keys(modes).find((key) => isJsonObject(at(volume, key)))
  if (source === undefined) return volume
  const filled = { ...modes[source], ...objectAt(volume, source) }
  return { ...volume, [source]: source === 'projected' ? withTokenDefaults(filled) : filled }
}

const modes: Readonly<Record<string, JsonObject>> = {
  configMap: { defaultMode: 420 },
  secret: { defaultMode: 420 },
  downwardAPI: { defaultMode: 420 },
  projected: { defaultMode: 420 },
  hostPath: { type: '' },
}

function withTokenDefaults(projected: JsonObject): JsonObject {
  return {
    ...projected,
    ...mapField(projected, 'sources', (source) => {
      const token = at(source, 'serviceAccountToken')
      return isJsonObject(token)
        ? { ...source, serviceAccountToken: { expirationSeconds: 3600, ...token } }
        : source
    }),
  }
}
