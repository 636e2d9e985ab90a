import { expect } from 'vitest'
import { ApplyError } from '../../lib/apply/apply-error.ts'
import { isJsonObject, type Json, type KubeObject, refOf } from '../../lib/manifest/object.ts'
import type { ControlPlane } from '../peers/control-plane.ts'
import type { Scene } from './scene.ts'

/**
 * Applies the same objects one by one with ours in the scene's namespace, and with kubectl in `theirs`; expects that
 * both left the same, or refused the same. The number of objects that are there afterwards.
 */
export async function applyBeside(
  { kubectl }: ControlPlane,
  scene: Scene,
  theirs: string,
  objectsOf: (namespace: string) => readonly KubeObject[],
): Promise<number> {
  const ours = objectsOf(scene.namespace)
  for (const object of ours) await scene.apply([object]).catch(expectRefusal)
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objectsOf(theirs) })
  // The server judges; its complaints are part of the comparison: such objects are absent, or as they were.
  await kubectl(
    [...['apply', '--server-side', '--force-conflicts'], ...['--validate=false', '-f', '-']],
    list,
  )
  let equal = 0
  for (const object of ours) {
    const [a, b] = await Promise.all(
      [scene.namespace, theirs].map((namespace) =>
        readApplied(scene, namespace, object).catch(() => 'absent'),
      ),
    )
    expect({ object, live: a }).toEqual({ object, live: b })
    if (a !== 'absent') equal += 1
  }
  return equal
}

/** A live object without what differs between any two, in the version that it was applied in. */
export async function readApplied(
  { client }: Scene,
  namespace: string,
  object: KubeObject,
): Promise<Json> {
  return withoutIdentity(await client.get({ ...refOf(object), namespace }), namespace)
}

function expectRefusal(thrown: unknown): void {
  expect(thrown).toBeInstanceOf(ApplyError)
}

/** What differs between any two objects, and the labels that only we set. */
function withoutIdentity(object: KubeObject, namespace: string): Json {
  const { metadata, status: _status, ...content } = object
  const { labels, annotations, finalizers } = metadata
  const kept = { labels: withoutOwner(labels), annotations: withoutRevision(annotations) }
  const text = JSON.stringify({ ...content, ...kept, finalizers: finalizers ?? null })
  const addresses = /"(clusterIPs?|nodePort|nodeName)":(\[[^\]]*\]|"[^"]*"|\d+)/g
  const scheduled = /"nodeName":null,|,"nodeName":null/g
  const settled = text.replaceAll(namespace, 'ns').replace(addresses, '"$1":null')
  return JSON.parse(settled.replace(scheduled, ''))
}

/** A controller writes it, when it comes to it. */
function withoutRevision(annotations: Json | undefined): Json {
  if (!isJsonObject(annotations)) return {}
  const { 'deployment.kubernetes.io/revision': _, ...own } = annotations
  return own
}

function withoutOwner(labels: Json | undefined): Json {
  if (!isJsonObject(labels)) return {}
  const own = Object.entries(labels).filter(([key]) => !key.startsWith('kustomize.toolkit'))
  return Object.fromEntries(own)
}
