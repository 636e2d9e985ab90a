import { describe, expect, it } from 'vitest'
import { normalize } from '../../lib/apply/normalize.ts'
import type { JsonObject, KubeObject } from '../../lib/manifest/object.ts'

function object(apiVersion: string, kind: string, content: JsonObject): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x' }, ...content }
}

describe('normalisation', () => {
  it('moves stringData over data, in base64 of its UTF-8', () => {
    const secret = object('v1', 'Secret', {
      stringData: { a: 'geheim ü', b: '' },
      data: { a: 'b2xk', c: 'Yw==' },
      type: 'Opaque',
    })
    expect(normalize(secret).object).toEqual(
      object('v1', 'Secret', { data: { a: 'Z2VoZWltIMO8', b: '', c: 'Yw==' }, type: 'Opaque' }),
    )
  })

  it('leaves stringData that is no text for the API server to refuse', () => {
    const secret = object('v1', 'Secret', { stringData: { a: 1 } })
    expect(normalize(secret).object).toEqual(secret)
  })

  it('says TCP where a port leaves it out, but not for init containers', () => {
    const pod = (ports: JsonObject[], initPorts: JsonObject[]): JsonObject => ({
      containers: [{ name: 'a', ports }, { name: 'b' }],
      initContainers: [{ name: 'i', ports: initPorts }],
    })
    const before = pod([{ containerPort: 1 }, { containerPort: 2, protocol: 'UDP' }], [{}])
    const after = pod(
      [
        { containerPort: 1, protocol: 'TCP' },
        { containerPort: 2, protocol: 'UDP' },
      ],
      [{}],
    )
    const cron = (spec: JsonObject): JsonObject => ({
      spec: { jobTemplate: { spec: { template: { spec } } } },
    })
    expect(normalize(object('v1', 'Pod', { spec: before })).object.spec).toEqual(after)
    expect(
      normalize(object('apps/v1', 'DaemonSet', { spec: { template: { spec: before } } })).object
        .spec,
    ).toEqual({ template: { spec: after } })
    expect(normalize(object('batch/v1', 'CronJob', cron(before))).object).toEqual(
      object('batch/v1', 'CronJob', cron(after)),
    )
    const service = object('v1', 'Service', { spec: { ports: [{ port: 1 }, null] } })
    expect(normalize(service).object.spec).toEqual({ ports: [{ port: 1, protocol: 'TCP' }, null] })
  })

  it('leaves out status, but not that of a definition', () => {
    const status = { status: { ready: true } }
    expect(normalize(object('v1', 'Widget', status)).object).toEqual(object('v1', 'Widget', {}))
    const crd = object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', status)
    expect(normalize(crd).object).toBe(crd)
  })

  it('leaves out a webhook certificate that is none, and says so', () => {
    const crd = (caBundle: string): KubeObject =>
      object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {
        spec: { conversion: { webhook: { clientConfig: { caBundle, url: 'u' } } } },
      })
    const { object: changed, notes } = normalize(crd('Cg=='))
    expect(changed.spec).toEqual({ conversion: { webhook: { clientConfig: { url: 'u' } } } })
    expect(notes).toEqual([
      'spec.conversion.webhook.clientConfig.caBundle holds no certificate and is left out',
    ])
    const real = crd(btoa('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n'))
    expect(normalize(real)).toEqual({ object: real, notes: [] })
  })

  it('drops no field that it does not know, and no key that is special in JavaScript', () => {
    const strange: KubeObject = JSON.parse(
      '{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"new":[{}],"__proto__":{"a":1},"ports":[{"__proto__":{"b":2},"constructor":1}]},"more":null}',
    )
    expect(JSON.stringify(normalize(strange).object)).toBe(
      '{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"},"spec":{"new":[{}],"__proto__":{"a":1},"ports":[{"__proto__":{"b":2},"constructor":1,"protocol":"TCP"}]},"more":null}',
    )
  })

  it('returns what needs no change as it is', () => {
    const plain = object('v1', 'ConfigMap', { data: { a: '1' } })
    expect(normalize(plain).object).toBe(plain)
  })
})
