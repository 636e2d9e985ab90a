import { beforeEach, describe, expect, it } from 'vitest'
import { fieldChanges } from '../../lib/apply/compare.ts'
import { diffObjects } from '../../lib/apply/diff.ts'
import { isJsonObject } from '../../lib/manifest/object.ts'
import { withMetadata } from './apply-contract.ts'
import type { Scene } from './scene.ts'

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'
const toolkit = 'kustomize.toolkit.fluxcd.io'

/** Whose fields are whose, and the switches on single objects. */
export function describeOwnership(title: string, createScene: () => Promise<Scene>): void {
  describe(title, () => {
    let scene: Scene

    beforeEach(async () => {
      scene = await createScene()
    })

    const managers = async (name: string): Promise<readonly string[]> => {
      const fields = (await scene.live('ConfigMap', name))?.metadata.managedFields
      return Array.isArray(fields)
        ? fields.filter(isJsonObject).map(({ manager, operation }) => `${manager} ${operation}`)
        : []
    }

    it('takes over what kubectl applied, so that what is not in Git leaves', async () => {
      const theirs = scene.configMap(
        'a',
        { key: '1', extra: '2' },
        { annotations: { [lastApplied]: '{}', mine: 'yes' } },
      )
      await scene.as('kubectl-client-side-apply').create(theirs)
      expect(await scene.outcome([scene.configMap('a', { key: '1' })])).toEqual([
        'ConfigMap/a configured',
      ])
      const live = await scene.live('ConfigMap', 'a')
      expect(live?.data).toEqual({ key: '1' })
      expect(live?.metadata.annotations).toBeUndefined()
      expect(await managers('a')).toEqual(['driftless Apply'])
      expect(await scene.outcome([scene.configMap('a', { key: '1' })])).toEqual([
        'ConfigMap/a unchanged',
      ])
    })

    it('foretells what a take-over removes, deep in lists too, and leaves what others own', async () => {
      const container = { name: 'web', image: 'example.com/web:1', ports: [{ containerPort: 80 }] }
      const theirs = scene.deployment(
        {
          replicas: 4,
          minReadySeconds: 3,
          template: {
            metadata: { labels: { app: 'web', extra: 'x' } },
            spec: {
              nodeSelector: { only: 'theirs' },
              containers: [
                { ...container, env: [{ name: 'A', value: 'a' }], args: ['--x'] },
                { name: 'sidecar', image: 'example.com/side:1' },
              ],
            },
          },
        },
        { labels: { theirs: 'y' }, annotations: { [lastApplied]: '{}', note: 'z' } },
      )
      await scene.as('kubectl-client-side-apply').create(theirs)
      const { apiVersion, kind, metadata } = scene.deployment()
      await scene.as('scaler').apply({ apiVersion, kind, metadata, spec: { minReadySeconds: 5 } })
      const before = await scene.live('Deployment', 'web')
      const { changes: foretold } = await diffObjects(
        scene.client,
        [scene.deployment()],
        scene.options,
      )
      const { changes } = await scene.apply([scene.deployment()])
      const after = await scene.live('Deployment', 'web')
      if (before === undefined || after === undefined) throw new Error('the object is gone')
      const isOurs = ({ path }: { path: string }): boolean =>
        !path.includes('deployment.kubernetes')
      expect(foretold).toEqual(changes)
      const told = (changes[0]?.fields ?? []).filter(isOurs)
      expect(told.map(({ manager: _, since: __, ...field }) => field)).toEqual(
        fieldChanges(before, after).filter(isOurs),
      )
      expect(told.find(({ path }) => path === 'spec.minReadySeconds')?.manager).toBeUndefined()
      expect(told.find(({ path }) => path === 'spec.replicas')?.manager).toBe(
        'kubectl-client-side-apply',
      )
      expect(after.spec).toMatchObject({ replicas: 2, minReadySeconds: 5 })
      expect(JSON.stringify(changes)).toContain('spec.template.spec.nodeSelector')
    })

    it('takes over from the controller of Flux', async () => {
      await scene.as('kustomize-controller').apply(scene.configMap('a', { key: '1', old: '2' }))
      await scene.apply([scene.configMap('a', { key: '1' })])
      expect((await scene.live('ConfigMap', 'a'))?.data).toEqual({ key: '1' })
      expect(await managers('a')).toEqual(['driftless Apply'])
    })

    it('takes over an edit by kubectl even where it drifted from nothing in Git', async () => {
      await scene.apply([scene.configMap('a', { key: '1' })])
      await scene.as('kubectl-edit').apply(scene.configMap('a', { added: 'x' }))
      const { changes } = await scene.apply([scene.configMap('a', { key: '1' })])
      expect(changes).toMatchObject([
        { action: 'configured', fields: [{ path: 'data.added', before: 'x' }] },
      ])
    })

    it('leaves the fields of kubectl where the object says Merge', async () => {
      const merged = scene.configMap('a', { key: '1' }, { labels: { [`${toolkit}/ssa`]: 'merge' } })
      await scene.apply([merged])
      await scene.as('kubectl-edit').apply(scene.configMap('a', { added: 'x' }))
      expect(await scene.outcome([merged])).toEqual(['ConfigMap/a unchanged'])
      expect((await scene.live('ConfigMap', 'a'))?.data).toEqual({ key: '1', added: 'x' })
    })

    it('skips what says so in Git or in the cluster, whatever the case of the value', async () => {
      const off = (key: string, value: string): object => ({
        annotations: { [`${toolkit}/${key}`]: value },
      })
      const ignored = withMetadata(scene.configMap('a', {}), off('ssa', 'ignore'))
      const disabled = withMetadata(scene.configMap('b', {}), off('reconcile', 'Disabled'))
      expect(await scene.outcome([ignored, disabled])).toEqual([
        'ConfigMap/a skipped',
        'ConfigMap/b skipped',
      ])
      expect(await scene.live('ConfigMap', 'a')).toBeUndefined()
      await scene
        .as('someone')
        .apply(
          scene.configMap(
            'c',
            { key: '1' },
            { annotations: { [`${toolkit}/reconcile`]: 'disabled' } },
          ),
        )
      expect(await scene.outcome([scene.configMap('c', { key: '2' })])).toEqual([
        'ConfigMap/c skipped',
      ])
    })

    it('creates what says IfNotPresent and then lets it be', async () => {
      const once = (value: string) =>
        scene.configMap('a', { key: value }, { labels: { [`${toolkit}/ssa`]: 'IfNotPresent' } })
      expect(await scene.outcome([once('1')])).toEqual(['ConfigMap/a created'])
      expect(await scene.outcome([once('2')])).toEqual(['ConfigMap/a skipped'])
      expect((await scene.live('ConfigMap', 'a'))?.data).toEqual({ key: '1' })
    })

    it('adopts an ignored field that somebody changed, and gives up one that another applier owns', async () => {
      const ignore = [{ paths: ['/spec/replicas'], target: { kind: 'Deployment' } }]
      await scene.apply([scene.deployment()], { ignore })
      const ref = { group: 'apps', version: 'v1', kind: 'Deployment', name: 'web' }
      const target = { ...ref, namespace: scene.namespace }
      await scene.client.patch(target, { spec: { replicas: 7 } }, { type: 'merge' })
      expect(await scene.outcome([scene.deployment()], { ignore })).toEqual([
        'Deployment/web unchanged',
      ])
      const changed = scene.deployment({ minReadySeconds: 1 })
      const { changes } = await scene.apply([changed], { ignore })
      expect(changes).toMatchObject([
        { action: 'configured', fields: [{ path: 'spec.minReadySeconds', after: '1' }] },
      ])
      expect((await scene.live('Deployment', 'web'))?.spec).toMatchObject({ replicas: 7 })
      const { apiVersion, kind, metadata } = scene.deployment()
      await scene.as('scaler').apply({ apiVersion, kind, metadata, spec: { replicas: 5 } })
      await scene.apply([scene.deployment({ minReadySeconds: 2 })], { ignore })
      expect((await scene.live('Deployment', 'web'))?.spec).toMatchObject({ replicas: 5 })
    })

    it('refuses a wrong ignore pattern in the words of Flux', async () => {
      const ignore = [{ paths: ['/spec/replicas'], target: { kind: '(Dep' } }]
      await expect(scene.apply([scene.deployment()], { ignore })).rejects.toMatchObject({
        code: 'InvalidIgnoreRule',
        message:
          'failed to create ignore rule selector: invalid kind regex: error parsing regexp: missing closing ): `^(?:(Dep)$`\n',
      })
    })
  })
}
