import { describe, expect, it } from 'vitest'
import { type Fleet, formatFault, loadFleet } from '../../lib/fleet/load.ts'

const cluster = (name: string) => `apiVersion: fleet.driftless.dev/v1
kind: Cluster
metadata: { name: ${name} }
spec:
  connection: { sandbox: {} }
`

const kustomization = (name: string, rest = '') => `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: ${name}
  namespace: apps${rest}
spec:
  interval: 10m
  prune: true
  sourceRef: { kind: GitRepository, name: repo }
`

const load = (...texts: string[]): Fleet =>
  loadFleet([{ file: 'fleet.yaml', text: texts.join('---\n') }])
const faultsOf = (fleet: Fleet) => fleet.faults.map(formatFault)

describe('loadFleet', () => {
  it('reads clusters and Flux objects', () => {
    const fleet = load(cluster('staging'), kustomization('apps'))
    expect(fleet.faults).toEqual([])
    expect(fleet.clusters.map(({ name }) => name)).toEqual(['staging'])
    expect(fleet.objects.map(({ id, type }) => [id, type])).toEqual([
      [
        { cluster: 'staging', kind: 'Kustomization', namespace: 'apps', name: 'apps' },
        'Kustomization',
      ],
    ])
  })

  it('needs the cluster named where there are several', () => {
    const annotated = kustomization('b', '\n  annotations: { fleet.driftless.dev/cluster: two }')
    const fleet = load(cluster('one'), cluster('two'), kustomization('a'), annotated)
    expect(fleet.objects.map(({ id }) => `${id.cluster}/${id.name}`)).toEqual(['two/b'])
    expect(faultsOf(fleet)).toEqual([
      'fleet.yaml:15: Kustomization/a metadata.annotations.fleet.driftless.dev/cluster names no cluster of this fleet; name one of: one, two',
    ])
  })

  it('gives what names no cluster to none while another Cluster is faulty', () => {
    const broken = cluster('two').replace('sandbox: {}', '{}')
    const fleet = load(cluster('one'), broken, kustomization('a'))
    expect(fleet.clusters.map(({ name }) => name)).toEqual(['one'])
    expect(fleet.objects).toEqual([])
  })

  it('tells every fault in one pass, with file, line, object, field and remedy', () => {
    const broken = `apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: apps, namespace: apps }
spec:
  interval: 1e99h
  prune: yes
  sourceRef: { kind: Gitrepository }
  pathh: ./x
`
    const fleet = load(cluster('staging'), broken, 'a: [\n', 'just text\n')
    expect(faultsOf(fleet).sort()).toEqual([
      "fleet.yaml:11: Kustomization/apps spec.interval '1e99h' is no duration; write a duration such as 10m, 1h30m or 90s, at most ten years",
      'fleet.yaml:12: Kustomization/apps spec.prune is the string yes, not true or false; write true or false',
      "fleet.yaml:13: Kustomization/apps spec.sourceRef.kind 'Gitrepository' is unknown; write GitRepository, Bucket, OCIRepository, ExternalArtifact",
      'fleet.yaml:13: Kustomization/apps spec.sourceRef.name is missing; add it',
      'fleet.yaml:14: Kustomization/apps spec.pathh is unknown and ignored; check its spelling',
      'fleet.yaml:17: Flow sequence in block collection must be sufficiently indented and end with a ]; correct the YAML',
      'fleet.yaml:18: is no Kubernetes object: apiVersion, kind or metadata.name is missing; add what is missing',
    ])
    expect(fleet.clusters).toHaveLength(1)
  })

  it('asks of the URL in sync what it asks of a GitRepository', () => {
    const sync = "{ source: { kind: GitRepository, url: 'git@github.com:acme/fleet' }, path: ./ }"
    expect(faultsOf(load(`${cluster('staging')}  sync: ${sync}\n`))).toEqual([
      expect.stringMatching(
        /^fleet\.yaml:6: Cluster\/staging spec\.sync\.source\.url .*write an http/,
      ),
    ])
  })

  it('keeps a faulty object as Invalid, so that its condition can say why', () => {
    const fleet = load(cluster('staging'), kustomization('apps').replace('10m', '-1m'))
    expect(fleet.objects.map(({ type }) => type)).toEqual(['Invalid'])
  })

  it('takes unknown fields as notices only', () => {
    const fleet = load(cluster('staging'), `${kustomization('apps')}  futureField: 1\n`)
    expect(fleet.objects.map(({ type }) => type)).toEqual(['Kustomization'])
    expect(fleet.faults.map(({ severity }) => severity)).toEqual(['notice'])
  })

  it('asks for exactly one connection', () => {
    const both = cluster('x').replace('{ sandbox: {} }', '{ sandbox: {}, context: kind }')
    const none = cluster('y').replace('{ sandbox: {} }', '{}')
    expect(faultsOf(load(both, none))).toEqual([
      'fleet.yaml:5: Cluster/x spec.connection names context and sandbox; give exactly one of kubeConfig, eks, context, sandbox',
      'fleet.yaml:11: Cluster/y spec.connection names no connection; give exactly one of kubeConfig, eks, context, sandbox',
    ])
  })

  it('refuses what stands twice, other kinds, and names that are no names', () => {
    const fleet = load(
      cluster('staging'),
      kustomization('apps'),
      kustomization('apps'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x }\n',
      kustomization('"../x"'),
    )
    expect(fleet.faults.map(({ object, field }) => `${object} ${field}`)).toEqual([
      'Kustomization/apps metadata.name',
      'ConfigMap/x kind',
      'Kustomization/../x metadata.name',
    ])
    expect(fleet.objects.map(({ type }) => type)).toEqual(['Kustomization', 'Invalid'])
  })

  it('keeps kinds that are not built yet', () => {
    const release =
      'apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: x, namespace: y }\n'
    expect(load(cluster('staging'), release).objects.map(({ type }) => type)).toEqual([
      'NotSupportedYet',
    ])
  })

  it('survives an alias bomb', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
    for (let depth = 1; depth < 12; depth += 1) {
      lines.push(
        `a${depth}: &a${depth} [${Array(9)
          .fill(`*a${depth - 1}`)
          .join(', ')}]`,
      )
    }
    const fleet = load(cluster('staging'), `${lines.join('\n')}\n`)
    expect(fleet.clusters).toHaveLength(1)
    expect(fleet.faults).toHaveLength(1)
  })

  it('changes no prototype', () => {
    load(cluster('staging'), `${kustomization('apps')}  __proto__: { polluted: true }\n`)
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
  })
})
