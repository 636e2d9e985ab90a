import { setTimeout as timeout } from 'node:timers/promises'
import { applyObjects } from '../../lib/apply/apply.ts'
import type { ApplyOptions, ApplyResult } from '../../lib/apply/options.ts'
import { type ClusterClient, createClusterClient } from '../../lib/cluster/client.ts'
import type { Transport } from '../../lib/cluster/transport.ts'
import { computeFluxStatus } from '../../lib/health/status.ts'
import {
  formatRef,
  isKubeObject,
  type JsonObject,
  type KubeObject,
} from '../../lib/manifest/object.ts'

/** A cluster to try things in, and a namespace there that no other test uses. */
export type Scene = {
  readonly transport: Transport
  readonly namespace: string
  readonly client: ClusterClient
  readonly options: ApplyOptions
  readonly apply: (
    objects: readonly KubeObject[],
    options?: Partial<ApplyOptions>,
  ) => Promise<ApplyResult>
  /** `Kind/name action`, one for each change, without the namespace. */
  readonly outcome: (
    objects: readonly KubeObject[],
    options?: Partial<ApplyOptions>,
  ) => Promise<readonly string[]>
  readonly live: (kind: string, name: string) => Promise<KubeObject | undefined>
  /** Sends an object as another manager would. */
  readonly as: (manager: string) => { apply: Send; create: Send }
  /** `data` of a ConfigMap of this namespace. */
  readonly configMap: (name: string, data: JsonObject, metadata?: JsonObject) => KubeObject
  readonly deployment: (spec?: JsonObject, metadata?: JsonObject) => KubeObject
}

type Send = (object: KubeObject) => Promise<KubeObject>

export type SceneOptions = {
  readonly now?: () => Date
  readonly wait?: (ms: number) => Promise<void>
}

export function createScene(
  transport: Transport,
  namespace: string,
  { now = () => new Date(), wait = (ms) => timeout(ms) }: SceneOptions = {},
): Scene {
  const client = createClusterClient(transport, { now, wait })
  const options: ApplyOptions = {
    owner: { name: 'apps', namespace },
    now,
    wait,
    statusOf: (object) => computeFluxStatus(object, now()),
  }
  const apply: Scene['apply'] = (objects, more = {}) =>
    applyObjects(client, objects, { ...options, ...more })
  return {
    transport,
    namespace,
    client,
    options,
    apply,
    outcome: async (objects, more) =>
      (await apply(objects, more)).changes.map(
        ({ ref, action }) => `${formatRef({ ...ref, namespace: '' })} ${action}`,
      ),
    live: (kind, name) =>
      client.find({ ...(groups[kind] ?? { group: '', version: 'v1' }), kind, namespace, name }),
    as: (manager) => ({
      apply: async (object) => {
        const other = createClusterClient(transport, { fieldManager: manager, now, wait })
        return (await other.applyServerSide(object)).object
      },
      create: (object) => create(client, object, manager),
    }),
    configMap: (name, data, metadata = {}) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, ...metadata },
      data,
    }),
    deployment: (spec = {}, metadata = {}) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace, ...metadata },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              { name: 'web', image: 'example.com/web:1', ports: [{ containerPort: 80 }] },
            ],
          },
        },
        ...spec,
      },
    }),
  }
}

const groups: Readonly<Record<string, { group: string; version: string }>> = {
  Deployment: { group: 'apps', version: 'v1' },
  CustomResourceDefinition: { group: 'apiextensions.k8s.io', version: 'v1' },
}

/** A plain create, whose fields the manager owns as `Update`. */
async function create(
  client: ClusterClient,
  object: KubeObject,
  manager: string,
): Promise<KubeObject> {
  const resource = await client.resourceFor({
    kind: object.kind,
    ...(groups[object.kind] ?? { group: '', version: 'v1' }),
  })
  const root = resource.group === '' ? '/api/v1' : `/apis/${resource.group}/${resource.version}`
  const { body } = await client.request({
    method: 'POST',
    path: `${root}/namespaces/${String(object.metadata.namespace)}/${resource.plural}`,
    query: { fieldManager: manager },
    body: object,
  })
  if (!isKubeObject(body)) throw new Error('the server did not answer with an object')
  return body
}
