import { describe, expect, it } from 'vitest'
import { groupByRank, inApplyOrder, inDeleteOrder, stageObjects } from '../../lib/apply/stages.ts'
import { type KubeObject, refOf } from '../../lib/manifest/object.ts'

function object(apiVersion: string, kind: string, name = 'x', namespace = ''): KubeObject {
  return { apiVersion, kind, metadata: namespace === '' ? { name } : { name, namespace } }
}

const webhook = object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration')
const mutating = object('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration')
const crd = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition')
const namespace = object('v1', 'Namespace')
const role = object('rbac.authorization.k8s.io/v1', 'ClusterRole')
const storage = object('storage.k8s.io/v1', 'StorageClass')
const deployment = object('apps/v1', 'Deployment', 'x', 'a')
const ingress = object('networking.k8s.io/v1', 'Ingress', 'x', 'a')
const service = object('v1', 'Service', 'x', 'a')

describe('the order of objects', () => {
  it('puts what others need first and what watches them last', () => {
    const shuffled = [
      webhook,
      ingress,
      deployment,
      storage,
      service,
      mutating,
      role,
      namespace,
      crd,
    ]
    expect(inApplyOrder(shuffled).map(({ kind }) => kind)).toEqual([
      'CustomResourceDefinition',
      'Namespace',
      'ClusterRole',
      'StorageClass',
      'Service',
      'Deployment',
      'Ingress',
      'MutatingWebhookConfiguration',
      'ValidatingWebhookConfiguration',
    ])
    expect(inDeleteOrder(shuffled.map(refOf)).map(({ kind }) => kind)).toEqual(
      inApplyOrder(shuffled)
        .map(({ kind }) => kind)
        .toReversed(),
    )
  })

  it('breaks ties by group, kind, namespace and name, whatever came first', () => {
    const objects = [
      object('b.example.com/v1', 'Alpha', 'a', 'a'),
      object('a.example.com/v1', 'Beta', 'a', 'a'),
      object('a.example.com/v1', 'Alpha', 'b', 'b'),
      object('a.example.com/v1', 'Alpha', 'a', 'b'),
      object('a.example.com/v1', 'Alpha', 'c', 'a'),
    ]
    const names = inApplyOrder(objects).map(({ apiVersion, kind, metadata }) =>
      [apiVersion[0], kind, metadata.namespace, metadata.name].join(' '),
    )
    expect(names).toEqual([
      'a Alpha a c',
      'a Alpha b a',
      'a Alpha b b',
      'a Beta a a',
      'b Alpha a a',
    ])
  })

  it('groups neighbours that may be written at the same time', () => {
    const kinds = ['ServiceAccount', 'ConfigMap', 'ConfigMap', 'Ingress', 'Widget']
    expect(groupByRank(kinds, (kind) => kind)).toEqual([
      ['ServiceAccount'],
      ['ConfigMap', 'ConfigMap'],
      ['Ingress', 'Widget'],
    ])
  })
})

describe('stages', () => {
  it('are definitions, classes, the kinds asked for, and the rest', () => {
    const staged = stageObjects(
      [deployment, storage, ingress, crd, namespace, role],
      ['networking.k8s.io/Ingress'],
    )
    expect(staged.map(({ stage, objects }) => [stage, ...objects.map(({ kind }) => kind)])).toEqual(
      [
        ['definitions', 'CustomResourceDefinition', 'Namespace', 'ClusterRole'],
        ['classes', 'StorageClass'],
        ['custom', 'Ingress'],
        ['rest', 'Deployment'],
      ],
    )
  })

  it('take a kind for a definition by its group too', () => {
    const foreign = object('example.com/v1', 'Namespace', 'x', 'a')
    expect(stageObjects([foreign])).toEqual([{ stage: 'rest', objects: [foreign] }])
  })
})
