import { expect, it } from 'vitest'
import { transportFromSecret } from '../../lib/cluster/kubeconfig.ts'
import { controllerPeers, controlPlanePeers } from '../peers/control-plane.ts'
import { describeWithPeers } from '../peers/describe-with-peers.ts'
import { createNamespace, sharedControlPlane } from '../peers/shared-control-plane.ts'
import { describeApply, secret } from './apply-contract.ts'
import { describeFaults } from './fault-contract.ts'
import { describeGlance } from './glance-contract.ts'
import { describeIsolation } from './isolation-contract.ts'
import { describeOwnership } from './ownership-contract.ts'
import { describePrune } from './prune-contract.ts'
import { createScene, type Scene } from './scene.ts'
import { describeSurvival } from './survival-contract.ts'

async function createRealScene(): Promise<Scene> {
  const controlPlane = await sharedControlPlane()
  const namespace = await createNamespace(controlPlane, 'apply')
  return createScene(await transportFromSecret(controlPlane.kubeconfig), namespace)
}

describeWithPeers([...controlPlanePeers, ...controllerPeers], 'a real kube-apiserver', () => {
  describeApply('apply', createRealScene)
  describeOwnership('ownership', createRealScene)
  describePrune('prune', createRealScene)
  describeFaults('faults', createRealScene)
  describeSurvival('survival', createRealScene)
  describeGlance('a glance', createRealScene)
  describeIsolation('isolation', createRealScene)

  it('never shows the value of a Secret that the API server refuses', async () => {
    const scene = await createRealScene()
    const broken = {
      ...secret(scene, 'x'),
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': 'no-json-but-hunter2' },
    }
    const failure = scene.apply([broken])
    await expect(failure).rejects.toThrow('dry-run failed (Invalid)')
    await expect(failure).rejects.not.toThrow(/hunter2|aHVudGVyMg/)
    const number = { ...secret(scene, 'x'), stringData: {}, data: { pin: 123456 } }
    await expect(scene.apply([number])).rejects.not.toThrow('123456')
  })

  it('refuses an object that is too large, whether or not it is forced', async () => {
    const scene = await createRealScene()
    await scene.apply([scene.configMap('big', { key: 'small' })])
    const big = scene.configMap('big', { key: 'x'.repeat(1_100_000) })
    await expect(scene.apply([big])).rejects.toThrow(/^ConfigMap\/.*Too long|too large/)
    await expect(scene.apply([big], { isForced: true })).rejects.toThrow(/Too long|too large/)
    expect((await scene.live('ConfigMap', 'big'))?.data).toEqual({ key: 'small' })
  })
})
