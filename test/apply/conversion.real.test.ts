import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { isJsonObject, type JsonObject, type KubeObject } from '../../lib/manifest/object.ts'
import { type Loopback, listen } from '../http/loopback.ts'
import { certificate } from '../http/tls-fixture.ts'
import { type ControlPlane, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'
import { createScene, type Scene } from './scene.ts'

const group = 'conversion.example.com'

/** Git says v1, where the size is `spec.size`; etcd keeps v2, where it is `spec.scale.size`, and a webhook turns one into the other. */
describeWithPeers(controlPlanePeers, 'a kind that a conversion webhook converts', () => {
  let controlPlane: ControlPlane
  let webhook: Loopback
  let scene: Scene

  beforeAll(async () => {
    controlPlane = await sharedControlPlane()
    webhook = await listen(convert, { isTls: true })
    const namespace = await createNamespace(controlPlane, 'conversion')
    scene = createScene(await transportFromSecret(controlPlane.kubeconfig), namespace)
    const { waitingFor } = await scene.apply([definition(`${webhook.url}/convert`)])
    expect(waitingFor).toEqual([])
  })

  afterAll(async () => {
    await controlPlane?.kubectl(['delete', 'crd', `gauges.${group}`])
    await webhook?.close()
  })

  it('is left alone where nothing changed, by a dry run and by a glance', async () => {
    const first = await scene.apply([gauge(1)])
    expect(first.changes.map(({ action }) => action)).toEqual(['created'])
    expect((await live('v2'))?.spec).toEqual({ scale: { size: 1 }, unit: 'bar' })
    const before = scene.client.counts()
    expect(await scene.outcome([gauge(1)])).toEqual(['Gauge/g unchanged'])
    const dry = scene.client.counts()
    expect([dry.writes - before.writes, dry.dryRuns - before.dryRuns]).toEqual([0, 1])
    const { changes } = await scene.apply([gauge(1)], { traces: first.traces })
    expect(changes.map(({ action }) => action)).toEqual(['unchanged'])
    expect(scene.client.counts()).toMatchObject({ writes: dry.writes, dryRuns: dry.dryRuns })
  })

  it('tells a change by hand in the version that Git speaks, and repairs it', async () => {
    const first = await scene.apply([gauge(2)])
    const ref = { group, version: 'v2', kind: 'Gauge', namespace: scene.namespace, name: 'g' }
    await scene.client.patch(ref, { spec: { scale: { size: 9 } } }, { type: 'merge' })
    const { changes } = await scene.apply([gauge(2)], { traces: first.traces })
    expect(changes).toMatchObject([
      { action: 'configured', fields: [{ path: 'spec.size', before: '9', after: '2' }] },
    ])
    expect((await live('v2'))?.spec).toEqual({ scale: { size: 2 }, unit: 'bar' })
  })

  const gauge = (size: number): KubeObject => ({
    apiVersion: `${group}/v1`,
    kind: 'Gauge',
    metadata: { name: 'g', namespace: scene.namespace },
    spec: { size },
  })

  const live = (version: string) =>
    scene.client.find({ group, version, kind: 'Gauge', namespace: scene.namespace, name: 'g' })
})

function definition(url: string): KubeObject {
  const caBundle = Buffer.from(certificate).toString('base64')
  const object = (properties: JsonObject) => ({ type: 'object', properties })
  const size = { type: 'integer' }
  const unit = { type: 'string', default: 'bar' }
  const version = (name: string, storage: boolean, spec: JsonObject) => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: object({ spec: object(spec) }) },
  })
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `gauges.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'gauges', singular: 'gauge', kind: 'Gauge', listKind: 'GaugeList' },
      versions: [
        version('v1', false, { size, unit }),
        version('v2', true, { scale: object({ size }), unit }),
      ],
      conversion: {
        strategy: 'Webhook',
        webhook: { conversionReviewVersions: ['v1'], clientConfig: { url, caBundle } },
      },
    },
  }
}

async function convert(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const review: unknown = JSON.parse(await text(request))
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify(converted(review)))
}

function converted(review: unknown): object {
  const request = isJsonObject(review) && isJsonObject(review.request) ? review.request : {}
  const { uid, desiredAPIVersion, objects } = request
  const convertedObjects = (Array.isArray(objects) ? objects : [])
    .filter(isJsonObject)
    .map((object) => ({
      ...object,
      apiVersion: desiredAPIVersion,
      spec: specIn(String(desiredAPIVersion), isJsonObject(object.spec) ? object.spec : {}),
    }))
  const response = { uid, convertedObjects, result: { status: 'Success' } }
  return { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response }
}

function specIn(apiVersion: string, { size, scale, ...rest }: JsonObject): JsonObject {
  const inner = isJsonObject(scale) ? scale.size : size
  if (inner === undefined) return rest
  return apiVersion.endsWith('/v1') ? { ...rest, size: inner } : { ...rest, scale: { size: inner } }
}
