import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
} from '../../lib/manifest/object.ts'
import { createRandom } from './random.ts'
import { variedObjects } from './varied-objects.ts'

/**
 * Objects of many kinds from which parts are missing by chance, some of them so that they are invalid; the same for the
 * same seed. Names are `<name>-<copy>`.
 */
export function thinnedObjects(
  namespace: string,
  version: string,
  { seed, copies }: { readonly seed: number; readonly copies: number },
): readonly KubeObject[] {
  const random = createRandom(seed)
  return Array.from({ length: copies }, (_, copy) =>
    [...variedObjects(namespace, version), ...moreObjects(namespace, version)]
      .filter(({ kind }) => kind !== 'LimitRange') // it changes what is admitted after it, sooner or later
      .map((object) => named(thin(object, random), copy)),
  ).flat()
}

function named(object: KubeObject, copy: number): KubeObject {
  const { metadata } = object
  return { ...object, metadata: { ...metadata, name: `${metadata.name}-${copy}` } }
}

/** Without some of its parts; apiVersion, kind, name and namespace stay. */
function thin(object: KubeObject, random: () => number): KubeObject {
  const { apiVersion, kind, metadata, ...content } = object
  const { name, namespace = '', ...meta } = metadata
  const kept = thinObject(content, random, 0.1)
  const keptMeta = thinObject(meta, random, 0.3)
  return { ...kept, apiVersion, kind, metadata: { ...keptMeta, name, namespace } }
}

function thinObject(value: JsonObject, random: () => number, share: number): JsonObject {
  const kept = Object.entries(value).filter(() => random() >= share)
  return Object.fromEntries(kept.map(([key, part]) => [key, thinValue(part, random, share)]))
}

function thinValue(value: Json, random: () => number, share: number): Json {
  if (isJsonObject(value)) return thinObject(value, random, share)
  if (!Array.isArray(value)) return value
  return value.filter(() => random() >= share).map((part) => thinValue(part, random, share))
}

/** What odd but valid things people write that the others do not hold. */
function moreObjects(namespace: string, version: string): readonly KubeObject[] {
  const isFirst = version === '1'
  const metadata = { namespace, labels: { version }, annotations: {} }
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: 'pod' },
      spec: {
        restartPolicy: 'Never',
        nodeSelector: { 'kubernetes.io/os': 'none' },
        terminationGracePeriodSeconds: 0,
        initContainers: [{ name: 'init', image: 'example.com/i:1', ports: [{ containerPort: 1 }] }],
        containers: [
          {
            name: 'main',
            image: `example.com/p:${version}`,
            ports: [
              { containerPort: 53, protocol: 'UDP' },
              { containerPort: 53, protocol: 'TCP' },
            ],
            env: [{ name: 'A', value: '' }],
          },
        ],
        tolerations: isFirst ? [] : [{ operator: 'Exists' }],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...metadata, name: 'text' },
      // No stringData: with kubectl its keys stay when they leave it, with us, as with Flux, they go.
      data: { c: 'Yw==', [version]: '' },
    },
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { ...metadata, name: 'quota' },
      spec: { hard: { 'count/jobs.batch': isFirst ? '1k' : 900, 'count/leases': '99' } },
    },
    {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { ...metadata, name: 'claim' },
      spec: {
        accessModes: ['ReadWriteOnce'],
        storageClassName: 'none',
        resources: { requests: { storage: '1024Mi' } },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { ...metadata, name: 'headless' },
      spec: {
        clusterIP: 'None',
        publishNotReadyAddresses: isFirst,
        ports: [
          { port: 53, protocol: 'UDP', name: 'u' },
          { port: 53, name: 't' },
        ],
      },
    },
    {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { ...metadata, name: 'lease' },
      spec: { holderIdentity: version, leaseDurationSeconds: 15 },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { ...metadata, name: 'slice' },
      addressType: 'IPv4',
      endpoints: [{ addresses: [`10.0.0.${version}`], conditions: { ready: isFirst } }],
      ports: [{ name: '', port: 80 }],
    },
  ]
}
