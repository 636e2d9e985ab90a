import { describe, expect, it } from 'vitest'
import { withoutUnknownFields } from '../../lib/apply/unknown-fields.ts'
import type { Json, KubeObject } from '../../lib/manifest/object.ts'

function pod(spec: Json, apiVersion = 'v1', kind = 'Pod'): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x' }, spec }
}

/** As kube-apiserver 1.36 words it. */
function refusal(...paths: string[]): string {
  const lines = paths.map((path) => `${path}: field not declared in schema`)
  const prefix = 'failed to create typed patch object (ns/x; v1, Kind=Pod): '
  return prefix + (lines.length === 1 ? lines[0] : `errors:\n  ${lines.join('\n  ')}`)
}

describe('unknown fields', () => {
  it('are left out where the refusal says they stand', () => {
    const object = pod({
      bogus: { deep: 1 },
      containers: [
        { name: 'a', foo: 1 },
        { name: 'b]: "x', foo: 2, ports: [{ containerPort: 80, protocol: 'TCP', zoo: 1 }] },
      ],
    })
    const paths = [
      '.spec.bogus',
      '.spec.containers[name="b]: \\"x"].foo',
      '.spec.containers[name="b]: \\"x"].ports[containerPort=80,protocol="TCP"].zoo',
      '.spec.containers[0].foo',
    ]
    const stripped = withoutUnknownFields(object, refusal(...paths))
    expect(stripped?.object).toEqual(
      pod({
        containers: [
          { name: 'a' },
          { name: 'b]: "x', ports: [{ containerPort: 80, protocol: 'TCP' }] },
        ],
      }),
    )
    expect(stripped?.warnings).toEqual([
      'unknown field "spec.bogus"',
      'unknown field "spec.containers[1].foo"',
      'unknown field "spec.containers[1].ports[0].zoo"',
      'unknown field "spec.containers[0].foo"',
    ])
  })

  it('may have names with dots', () => {
    const object = pod({ 'a.b': { c: 1 }, a: {} })
    expect(withoutUnknownFields(object, refusal('.spec.a.b'))?.object).toEqual(pod({ a: {} }))
  })

  it('of custom resources and roles stay, for the API server to refuse', () => {
    const fault = refusal('.spec.bogus')
    expect(withoutUnknownFields(pod({ bogus: 1 }, 'x.io/v1', 'X'), fault)).toBeUndefined()
    const gateway = pod({ bogus: 1 }, 'gateway.networking.k8s.io/v1', 'Gateway')
    expect(withoutUnknownFields(gateway, fault)).toBeUndefined()
    const role = pod({ bogus: 1 }, 'rbac.authorization.k8s.io/v1', 'Role')
    expect(withoutUnknownFields(role, fault)).toBeUndefined()
  })

  it('are none where the refusal is about something else, or about what is not there', () => {
    const object = pod({ a: 1 })
    expect(withoutUnknownFields(object, 'spec.a: Invalid value')).toBeUndefined()
    for (const path of ['.spec.b', '.spec.a.b', '.spec.list[0]', '.spec[name="x"]', '.']) {
      expect(withoutUnknownFields(object, refusal(path))).toBeUndefined()
    }
  })
})
