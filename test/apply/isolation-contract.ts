import { beforeEach, describe, expect, it } from 'vitest'
import type { KubeObject } from '../../lib/manifest/object.ts'
import { brokenDeployment } from './apply-contract.ts'
import type { Scene } from './scene.ts'

/** An object that fails beside others that need not wait for it, whichever API server says so. */
export function describeIsolation(title: string, createFirst: () => Promise<Scene>): void {
  describe(title, () => {
    let scene: Scene

    beforeEach(async () => {
      scene = await createFirst()
    })

    const broken = (): KubeObject => brokenDeployment(scene)

    it('stops the stage where nothing else is said', async () => {
      await expect(scene.apply([broken(), scene.configMap('a', {})])).rejects.toMatchObject({
        code: 'DryRunFailed',
        changes: [],
      })
      expect(await scene.live('ConfigMap', 'a')).toBeUndefined()
    })

    it('applies the others, tells the one that fails, and its kind too', async () => {
      const unknown = { ...scene.configMap('a', {}), apiVersion: 'example.com/v1', kind: 'Lost' }
      const objects = [broken(), unknown, scene.configMap('a', {})]
      const { changes, faults, traces } = await scene.apply(objects, { isIsolating: true })
      expect(changes).toMatchObject([{ ref: { kind: 'ConfigMap' }, action: 'created' }])
      expect(faults.map(({ ref, code }) => `${ref.kind} ${code}`)).toEqual([
        'Deployment DryRunFailed',
        'Lost DryRunFailed',
      ])
      expect(faults[0]?.message).toContain('Deployment/')
      expect(traces.size).toBe(1)
      expect(await scene.live('ConfigMap', 'a')).toBeDefined()
    })

    it('applies it once it is mended, and leaves the others alone', async () => {
      const others = [scene.configMap('a', {}), scene.configMap('b', {}), scene.configMap('c', {})]
      const { traces } = await scene.apply([broken(), ...others], { isIsolating: true })
      const before = scene.client.counts()
      const mended = [scene.deployment(), ...others]
      const { changes, faults } = await scene.apply(mended, { isIsolating: true, traces })
      expect(faults).toEqual([])
      expect(changes.map(({ ref, action }) => `${ref.kind} ${action}`)).toEqual([
        'ConfigMap unchanged',
        'ConfigMap unchanged',
        'ConfigMap unchanged',
        'Deployment created',
      ])
      expect(scene.client.counts().writes - before.writes).toBe(1)
    })

    it('does not take a lost lease or an abort for the fault of an object', async () => {
      const gone = () => Promise.reject(new Error('the lease is gone'))
      const options = { isIsolating: true, beforeStage: gone }
      await expect(scene.apply([scene.configMap('a', {})], options)).rejects.toMatchObject({
        code: 'Interrupted',
      })
      const signal = AbortSignal.abort(new Error('enough'))
      const aborted = scene.apply([scene.configMap('a', {})], { isIsolating: true, signal })
      await expect(aborted).rejects.toMatchObject({ code: 'Interrupted', message: 'enough' })
    })
  })
}
