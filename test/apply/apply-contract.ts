import { beforeEach, describe, expect, it } from 'vitest'
import { diffObjects } from '../../lib/apply/diff.ts'
import { isJsonObject, type KubeObject } from '../../lib/manifest/object.ts'
import { definition, widget } from './custom-kind.ts'
import type { Scene } from './scene.ts'

/** What an apply does, whichever API server it talks to. */
export function describeApply(title: string, createScene: () => Promise<Scene>): void {
  describe(title, () => {
    let scene: Scene

    beforeEach(async () => {
      scene = await createScene()
    })

    it('creates, then leaves unchanged what is as it should be, without a write', async () => {
      const objects = [scene.deployment(), scene.configMap('a', { key: '1' }), secret(scene, 'x')]
      const created = ['ConfigMap/a created', 'Secret/s created', 'Deployment/web created']
      expect(await scene.outcome(objects)).toEqual(created)
      const before = scene.client.counts()
      expect(await scene.outcome(objects)).toEqual(
        created.map((line) => line.replace('created', 'unchanged')),
      )
      const after = scene.client.counts()
      expect(after.writes - before.writes).toBe(0)
      // A controller that writes a status in between may cost one more.
      const dryRuns = after.dryRuns - before.dryRuns
      expect([3, 4, 5, 6]).toContain(dryRuns)
    })

    it('configures what changed and tells field by field what it was and is', async () => {
      await scene.apply([scene.deployment()])
      const { changes } = await scene.apply([scene.deployment({ replicas: 3 })])
      expect(changes).toMatchObject([
        { action: 'configured', fields: [{ path: 'spec.replicas', before: '2', after: '3' }] },
      ])
    })

    it('masks the values of a Secret in what it tells', async () => {
      await scene.apply([secret(scene, 'first-value')])
      const { changes } = await scene.apply([secret(scene, 'second-value')])
      expect(changes[0]?.fields).toEqual([
        { path: 'data.password', before: '*** (before)', after: '*** (after)' },
      ])
    })

    it('repairs what somebody changed or removed by hand', async () => {
      const wanted = scene.configMap('a', { key: '1', other: '2' })
      await scene.apply([wanted])
      const ref = { group: '', version: 'v1', kind: 'ConfigMap', name: 'a' }
      const target = { ...ref, namespace: scene.namespace }
      await scene.client.patch(target, { data: { key: 'x', other: null } }, { type: 'merge' })
      const { changes } = await scene.apply([wanted])
      expect(changes[0]?.fields).toEqual([
        { path: 'data.key', before: 'x', after: '1' },
        { path: 'data.other', after: '2' },
      ])
      expect((await scene.live('ConfigMap', 'a'))?.data).toEqual({ key: '1', other: '2' })
    })

    it('removes from the cluster what was removed from the object', async () => {
      await scene.apply([scene.configMap('a', { key: '1', gone: '2' })])
      await scene.apply([scene.configMap('a', { key: '1' })])
      expect((await scene.live('ConfigMap', 'a'))?.data).toEqual({ key: '1' })
    })

    it('leaves fields of other managers alone where it says nothing about them', async () => {
      await scene.apply([scene.configMap('a', { key: '1' })])
      await scene.as('autoscaler').apply(scene.configMap('a', { theirs: '7' }))
      expect(await scene.outcome([scene.configMap('a', { key: '1' })])).toEqual([
        'ConfigMap/a unchanged',
      ])
      expect((await scene.live('ConfigMap', 'a'))?.data).toEqual({ key: '1', theirs: '7' })
    })

    it('sets the labels of the owner and the common metadata over all', async () => {
      await scene.apply([scene.configMap('a', {}, { labels: { team: 'one' } })], {
        commonMetadata: { labels: { team: 'two' }, annotations: { note: 'x' } },
      })
      const live = await scene.live('ConfigMap', 'a')
      expect(live?.metadata.labels).toEqual({
        'kustomize.toolkit.fluxcd.io/name': 'apps',
        'kustomize.toolkit.fluxcd.io/namespace': scene.namespace,
        team: 'two',
      })
      expect(live?.metadata.annotations).toEqual({ note: 'x' })
    })

    it('owns no labels and annotations where the object and the common metadata have none', async () => {
      await scene.apply([scene.configMap('a', {})], {
        commonMetadata: { labels: {}, annotations: {} },
      })
      const fields = (await scene.live('ConfigMap', 'a'))?.metadata.managedFields
      expect(JSON.stringify(fields)).toContain('f:labels')
      expect(JSON.stringify(fields)).not.toContain('f:annotations')
    })

    it('names the object, not a list, where the owner has a name that no label can hold', async () => {
      const owner = { name: 'x'.repeat(64), namespace: scene.namespace }
      const objects = ['a', 'b', 'c'].map((name) => scene.configMap(name, {}))
      await expect(scene.apply(objects, { owner })).rejects.toMatchObject({
        code: 'DryRunFailed',
        message: expect.stringMatching(
          /^ConfigMap\/[\w-]+\/a dry-run failed \(Invalid\): .*metadata\.labels: Invalid value: .*no more than 63 bytes/,
        ),
      })
    })

    it('takes the namespace from what a kind of the whole cluster cannot have', async () => {
      const role = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: `${scene.namespace}-reader`, namespace: scene.namespace },
        rules: [],
      }
      const { changes } = await scene.apply([role])
      expect(changes.map(({ ref, action }) => [ref.namespace, action])).toEqual([['', 'created']])
      expect(await scene.outcome([role])).toEqual([`ClusterRole/${role.metadata.name} unchanged`])
    })

    it('creates a namespace, a definition, and what lives in them, in one go', async () => {
      const name = `${scene.namespace}-more`
      const kind = definition(scene.namespace)
      const objects = [
        widget(scene.namespace, name),
        { ...scene.configMap('a', {}), metadata: { name: 'a', namespace: name } },
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
        kind,
      ]
      const lines = await scene.outcome(objects)
      expect(lines.map((line) => line.split(' ')[1])).toEqual(Array(4).fill('created'))
      expect(lines[0]).toContain('CustomResourceDefinition/')
      expect(lines[1]).toBe(`Namespace/${name} created`)
      const again = await scene.outcome(objects)
      expect(again.every((line) => line.endsWith(' unchanged'))).toBe(true)
    })

    it('writes nothing of a stage in which one object is refused, and keeps the stages before', async () => {
      const name = `${scene.namespace}-kept`
      const failure = scene.apply([
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
        scene.configMap('good', {}),
        brokenDeployment(scene),
      ])
      await expect(failure).rejects.toMatchObject({
        code: 'DryRunFailed',
        reason: 'ReconciliationFailed',
        changes: [{ ref: { kind: 'Namespace' }, action: 'created' }],
      })
      await expect(failure).rejects.toThrow(
        new RegExp(
          `^Deployment/${scene.namespace}/web dry-run failed \\(Invalid\\): Deployment\\.apps "web" is invalid: spec\\.template\\.spec\\.containers\\[0\\]\\.ports\\[0\\]\\.containerPort: Invalid value: 70000.*\\nNamespace/${name} created\\n$`,
        ),
      )
      expect(await scene.live('ConfigMap', 'good')).toBeUndefined()
    })

    it('tells a missing namespace and a missing kind in the words of Flux', async () => {
      const lost = { ...scene.configMap('a', {}), metadata: { name: 'a', namespace: 'nowhere' } }
      await expect(scene.apply([lost])).rejects.toMatchObject({
        code: 'NotFound',
        message: 'ConfigMap/nowhere/a not found: namespaces "nowhere" not found\n',
      })
      const nameless = { ...scene.configMap('a', {}), metadata: { name: 'a' } }
      await expect(scene.apply([nameless])).rejects.toMatchObject({
        message:
          'ConfigMap/a namespace not specified: the server could not find the requested resource\n',
      })
      const foreign = { ...scene.configMap('a', {}), apiVersion: 'foo.example.com/v1', kind: 'Foo' }
      await expect(scene.apply([foreign])).rejects.toMatchObject({
        message: `Foo/${scene.namespace}/a dry-run failed: no matches for kind "Foo" in version "foo.example.com/v1"\n`,
      })
    })

    it('recreates what cannot be changed, only where that is asked for', async () => {
      await scene.apply([scene.deployment()])
      const uid = (await scene.live('Deployment', 'web'))?.metadata.uid
      const other = scene.deployment({
        selector: { matchLabels: { app: 'other' } },
        template: {
          metadata: { labels: { app: 'other' } },
          spec: { containers: [{ name: 'web', image: 'example.com/web:1' }] },
        },
      })
      await expect(scene.apply([other])).rejects.toThrow('field is immutable')
      expect((await scene.live('Deployment', 'web'))?.metadata.uid).toBe(uid)
      const marked = withMetadata(other, {
        annotations: { 'kustomize.toolkit.fluxcd.io/force': 'enabled' },
      })
      expect(await scene.outcome([marked])).toEqual(['Deployment/web created'])
      const live = await scene.live('Deployment', 'web')
      expect(live?.metadata.uid).not.toBe(uid)
      expect(await scene.outcome([scene.deployment()], { isForced: true })).toEqual([
        'Deployment/web created',
      ])
    })

    it('does not delete an object by force that could not be created again', async () => {
      await scene.apply([scene.deployment()])
      const broken = brokenDeployment(scene)
      await expect(scene.apply([broken], { isForced: true })).rejects.toThrow('containerPort')
      expect(await scene.live('Deployment', 'web')).toBeDefined()
    })

    it('leaves out unknown fields of built-in kinds with a warning, or refuses them if told to', async () => {
      const misspelt = { ...scene.configMap('a', { key: '1' }), dota: { key: '2' } }
      const { changes, warnings } = await scene.apply([misspelt])
      expect(changes).toMatchObject([{ action: 'created' }])
      expect(warnings).toEqual([`ConfigMap/${scene.namespace}/a: unknown field "dota"`])
      await expect(scene.apply([misspelt], { fieldValidation: 'Strict' })).rejects.toThrow('dota')
    })

    it('asks before the writes of a stage, and stops with what was written where the answer is no', async () => {
      const asked: string[] = []
      const name = `${scene.namespace}-first`
      const objects = [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
        scene.configMap('a', {}),
      ]
      const gone = new Error('the lease is gone')
      const failure = scene.apply(objects, {
        beforeStage: async (stage) => {
          asked.push(stage)
          if (stage === 'rest') throw gone
        },
      })
      await expect(failure).rejects.toMatchObject({
        code: 'Interrupted',
        cause: gone,
        changes: [{ action: 'created' }],
      })
      expect(asked).toEqual(['definitions', 'rest'])
      expect(await scene.live('ConfigMap', 'a')).toBeUndefined()
    })

    it('does not ask, and does not write, where nothing changes', async () => {
      await scene.apply([scene.configMap('a', {})])
      const refuse = { beforeStage: () => Promise.reject(new Error('asked')) }
      expect(await scene.outcome([scene.configMap('a', {})], refuse)).toEqual([
        'ConfigMap/a unchanged',
      ])
    })

    it('plans without a write, over namespaces and kinds that are only planned too', async () => {
      const name = `${scene.namespace}-planned`
      const objects = [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
        definition(`${scene.namespace}-planned`),
        widget(`${scene.namespace}-planned`, name),
        { ...scene.configMap('a', {}), metadata: { name: 'a', namespace: name } },
        brokenDeployment(scene),
      ]
      const { changes, faults } = await diffObjects(scene.client, objects, scene.options)
      expect(changes.map(({ ref, action }) => `${ref.kind} ${action}`)).toEqual([
        'CustomResourceDefinition created',
        'Namespace created',
        'ConfigMap created',
        'Widget created',
      ])
      expect(faults).toMatchObject([{ ref: { kind: 'Deployment' }, code: 'DryRunFailed' }])
      expect(scene.client.counts().writes).toBe(0)
      const dryRun = scene.apply(objects, { isDryRun: true })
      await expect(dryRun).rejects.toThrow('Deployment/')
      expect(scene.client.counts().writes).toBe(0)
    })

    it('refuses what is still encrypted before anything is written', async () => {
      const sealed = { ...secret(scene, 'ENC[…]'), sops: { mac: 'ENC[…]' } }
      await expect(scene.apply([scene.configMap('a', {}), sealed])).rejects.toMatchObject({
        code: 'EncryptedObject',
        message: expect.stringContaining(
          `Secret/${scene.namespace}/s is SOPS encrypted, configuring decryption is required for this secret to be reconciled; Driftless does not decrypt yet: take it out of Git`,
        ),
      })
      const { counts } = scene.client
      expect(counts().requests).toBe(0)
    })

    it('stops at an abort', async () => {
      const signal = AbortSignal.abort(new Error('a newer revision is there'))
      await expect(scene.apply([scene.configMap('a', {})], { signal })).rejects.toMatchObject({
        code: 'Interrupted',
        message: 'a newer revision is there',
      })
      expect(await scene.live('ConfigMap', 'a')).toBeUndefined()
    })
  })
}

/** Good in form and refused by every API server. */
export function brokenDeployment(scene: Scene): KubeObject {
  return scene.deployment({
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        containers: [
          { name: 'web', image: 'example.com/web:1', ports: [{ containerPort: 70_000 }] },
        ],
      },
    },
  })
}

export function secret(scene: Scene, password: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: scene.namespace },
    stringData: { password },
  }
}

export function withMetadata(object: KubeObject, metadata: object): KubeObject {
  const more = isJsonObject(metadata) ? metadata : {}
  return { ...object, metadata: { ...object.metadata, ...more } }
}
