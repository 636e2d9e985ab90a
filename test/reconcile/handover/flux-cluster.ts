import { withOwnerLabels } from '../../../lib/apply/owner-labels.ts'
import { type ClusterClient, createClusterClient } from '../../../lib/cluster/client.ts'
import type { Transport } from '../../../lib/cluster/transport.ts'
import { inventoryOf } from '../../../lib/inventory/inventory.ts'
import {
  annotationsOf,
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
  refOf,
  textAt,
} from '../../../lib/manifest/object.ts'

/** What Flux has in a cluster that it reconciles: its definitions, its objects and what it applied. */
export type FluxCluster = {
  readonly client: ClusterClient
  /** Answers requests as kustomize-controller does, suspended or not. */
  readonly answer: () => Promise<void>
  readonly kustomization: (name: string) => Promise<KubeObject | undefined>
}

export const objects: readonly KubeObject[] = ['one', 'two'].map((name) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data: { key: name },
}))

const repositoryUrl = 'https://git.example/fleet'

export function fluxSource(): KubeObject {
  const spec = { interval: '1m', url: repositoryUrl, ref: { branch: 'main' } }
  return fluxObject('source.toolkit.fluxcd.io/v1', 'GitRepository', 'flux-system', spec)
}

export function fluxKustomization(name: string, path: string, more: JsonObject = {}): KubeObject {
  const sourceRef = { kind: 'GitRepository', name: 'flux-system' }
  const spec = { interval: '10m', path, prune: true, sourceRef, ...more }
  return fluxObject('kustomize.toolkit.fluxcd.io/v1', 'Kustomization', name, spec)
}

export function fluxObject(
  apiVersion: string,
  kind: string,
  name: string,
  spec: JsonObject,
): KubeObject {
  const finalizers = ['finalizers.fluxcd.io']
  return { apiVersion, kind, metadata: { name, namespace: 'flux-system', finalizers }, spec }
}

/** A cluster as Flux leaves it: the root owns `apps`, and `apps` the two ConfigMaps. */
export async function fillWithFlux(transport: Transport, now: () => Date): Promise<FluxCluster> {
  const client = createClusterClient(transport, { fieldManager: 'kustomize-controller', now })
  await client.applyServerSide(definition('source.toolkit.fluxcd.io', 'GitRepository'))
  await client.applyServerSide(definition('kustomize.toolkit.fluxcd.io', 'Kustomization'))
  await client.applyServerSide({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'flux-system' },
  })
  for (const object of [fluxSource(), fluxKustomization('any', '')]) await isServed(client, object)
  const apps = withOwnerLabels(fluxKustomization('apps', './apps'), root)
  for (const object of objects) await client.applyServerSide(withOwnerLabels(object, appsOwner))
  await client.applyServerSide(fluxSource())
  await client.applyServerSide(fluxKustomization('flux-system', './'))
  await client.applyServerSide(apps)
  await setStatus(client, apps, { inventory: { entries: [...inventoryOf(objects)] } })
  await setStatus(client, fluxKustomization('flux-system', './'), {
    inventory: { entries: [...inventoryOf([apps])] },
  })
  return {
    client,
    answer: () => answerAll(client),
    kustomization: (name) => client.find(refOf(fluxKustomization(name, ''))),
  }
}

const root = { name: 'flux-system', namespace: 'flux-system' }
const appsOwner: { readonly name: string; readonly namespace: string } = {
  name: 'apps',
  namespace: 'flux-system',
}

/** A definition takes a moment to be established. */
async function isServed(client: ClusterClient, object: KubeObject): Promise<void> {
  while ((await client.resourceForAnyVersion(refOf(object))) === undefined) {
    await new Promise((resolve) => setImmediate(resolve))
    client.forgetDiscovery()
  }
}

async function answerAll(client: ClusterClient): Promise<void> {
  const kind = { group: 'kustomize.toolkit.fluxcd.io', version: 'v1', kind: 'Kustomization' }
  for (const object of await client.list(kind)) {
    const asked = annotationsOf(object)['reconcile.fluxcd.io/requestedAt']
    const { status } = object
    const answered = isJsonObject(status) ? textAt(status, 'lastHandledReconcileAt') : ''
    if (asked === undefined || asked === answered) continue
    await setStatus(client, object, { lastHandledReconcileAt: asked })
  }
}

async function setStatus(client: ClusterClient, object: KubeObject, status: Json): Promise<void> {
  const { metadata, kind } = object
  const plural = `${kind.toLowerCase()}s`
  await client.request({
    method: 'PATCH',
    path: `/apis/${object.apiVersion}/namespaces/flux-system/${plural}/${metadata.name}/status`,
    contentType: 'application/merge-patch+json',
    query: { fieldManager: 'gotk-kustomize-controller' },
    body: { status },
  })
}

function definition(group: string, kind: string): KubeObject {
  const plural = kind === 'GitRepository' ? 'gitrepositories' : `${kind.toLowerCase()}s`
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } },
          },
        },
      ],
    },
  }
}
