import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CommandResult } from '../peers/command.ts'
import { eventually } from './recorded.ts'

export type KubectlCluster = {
  readonly kubectl: (args: readonly string[], stdin?: string) => Promise<CommandResult>
  readonly close: () => Promise<void>
}

const manifests = `
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { color: blue }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - { name: web, image: nginx:1.27, ports: [{ containerPort: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  selector: { app: web }
  ports: [{ port: 80 }]
`

/** What plain kubectl does, with the same outcome on either server. */
export function kubectlContract(name: string, start: () => Promise<KubectlCluster>): void {
  describe(`kubectl against ${name}`, () => {
    let cluster: KubectlCluster
    const namespace = `kubectl-${randomBytes(4).toString('hex')}`

    const run = async (line: string, stdin?: string): Promise<string> => {
      const args = ['-n', namespace, ...line.split(' ')]
      const { code, stdout, stderr } = await cluster.kubectl(args, stdin)
      expect(`${code} ${stderr}`.trim()).toBe('0')
      return stdout.trim()
    }
    const lines = (text: string): readonly string[] => text.split('\n').toSorted()

    beforeAll(async () => {
      cluster = await start()
      await run(`create namespace ${namespace}`)
    })
    afterAll(async () => {
      await cluster.kubectl(['delete', 'namespace', namespace, '--wait=false'])
      await cluster.close()
    })

    it('finds its way by discovery', async () => {
      expect(await run('version')).toContain('Server Version: v1.36')
      const resources = await run('api-resources -o name')
      for (const resource of ['configmaps', 'deployments.apps', 'ingresses.networking.k8s.io']) {
        expect(resources.split('\n')).toContain(resource)
      }
    })

    it('applies on the server side, and says what changed', async () => {
      const apply = 'apply --server-side -f -'
      const applied = [
        'configmap/settings serverside-applied',
        'deployment.apps/web serverside-applied',
        'service/web serverside-applied',
      ]
      expect(lines(await run(apply, manifests))).toEqual(applied)
      expect(lines(await run(apply, manifests))).toEqual(applied)
      expect(await run('get cm settings -o jsonpath={.data.color}')).toBe('blue')
    })

    it('waits for a rollout', async () => {
      expect(await run('rollout status deployment/web --timeout=60s')).toContain(
        'deployment "web" successfully rolled out',
      )
      await run('wait --for=condition=Available deployment/web --timeout=60s')
    })

    it('prints tables, YAML and names', async () => {
      expect(await run('get deployments')).toMatch(
        /^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +2\/2/,
      )
      expect(await run('get svc web -o yaml')).toContain('  type: ClusterIP\n')
      expect(
        lines(
          await run('get cm,svc -l !x --field-selector metadata.name!=kube-root-ca.crt -o name'),
        ),
      ).toEqual(['configmap/settings', 'service/web'])
      const described = await run('describe deployment web')
      expect(described).toContain('nginx:1.27')
    })

    it('scales, patches, labels and edits images', async () => {
      expect(await run('scale deployment/web --replicas=3')).toBe('deployment.apps/web scaled')
      expect(await run('get deployment web -o jsonpath={.spec.replicas}')).toBe('3')
      await run('set image deployment/web web=nginx:1.28')
      await run('label cm settings tier=front')
      await run('annotate cm settings note=here')
      await run('patch cm settings --type merge -p {"data":{"size":"large"}}')
      await run('patch cm settings --type json -p [{"op":"remove","path":"/data/color"}]')
      expect(await run('get cm settings -o jsonpath={.data}')).toBe('{"size":"large"}')
      expect(
        await run('get deployment web -o jsonpath={.spec.template.spec.containers[0].image}'),
      ).toBe('nginx:1.28')
      await run('rollout status deployment/web --timeout=60s')
    })

    it('applies on the client side, by its three-way patch', async () => {
      const one =
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: old }\ndata: { a: "1", b: "2" }\n'
      expect(await run('apply -f -', one)).toBe('configmap/old created')
      expect(await run('apply -f -', one)).toBe('configmap/old unchanged')
      const two = one.replace(', b: "2"', ', c: "3"')
      expect(await run('apply -f -', two)).toBe('configmap/old configured')
      expect(await run('get cm old -o jsonpath={.data}')).toBe('{"a":"1","c":"3"}')
      expect(await run('apply --server-side -f -', two)).toBe('configmap/old serverside-applied')
    })

    it('makes objects by itself, sent as protobuf', async () => {
      const field = (what: string, path: string): Promise<string> =>
        run(`get ${what} -o jsonpath={${path}}`)
      await run('create configmap made --from-literal=a=b')
      expect(await field('cm made', '.data')).toBe('{"a":"b"}')
      await run('create secret generic made --from-literal=a=b')
      expect(await field('secret made', '.data')).toBe('{"a":"Yg=="}')
      await run('create deployment made --image=nginx:1 --replicas=2 --port=80')
      expect(await field('deploy made', '.spec.template.spec.containers[0].ports')).toBe(
        '[{"containerPort":80,"protocol":"TCP"}]',
      )
      expect(await field('deploy made', '.spec.replicas')).toBe('2')
      await run('expose deployment made --port=80 --target-port=http')
      expect(await field('svc made', '.spec.ports')).toBe(
        '[{"port":80,"protocol":"TCP","targetPort":"http"}]',
      )
      await run('create role made --verb=get,list --resource=pods,configmaps')
      expect(await field('role made', '.rules')).toBe(
        '[{"apiGroups":[""],"resources":["pods","configmaps"],"verbs":["get","list"]}]',
      )
      await run('create rolebinding made --role=made --serviceaccount=default:runner')
      expect(await field('rolebinding made', '.subjects')).toBe(
        '[{"kind":"ServiceAccount","name":"runner","namespace":"default"}]',
      )
      await run('autoscale deployment made --min=1 --max=3 --cpu=80%')
      expect(await field('hpa made', '.spec.maxReplicas')).toBe('3')
      await run('create quota made --hard=cpu=1500m,pods=3')
      expect(await field('quota made', '.spec.hard')).toBe('{"cpu":"1500m","pods":"3"}')
    })

    it('diffs by a dry run', async () => {
      const changed = manifests.replace('nginx:1.27', 'nginx:1.29')
      const args = ['-n', namespace, 'diff', '--server-side', '--force-conflicts', '-f', '-']
      const { code, stdout } = await cluster.kubectl(args, changed)
      expect(code).toBe(1)
      expect(stdout).toContain('image: nginx:1.29')
    })

    it('refuses what does not fit, in the same words', async () => {
      const fails = async (line: string, stdin?: string): Promise<string> => {
        const args = ['-n', namespace, ...line.split(' ')]
        const { code, stderr } = await cluster.kubectl(args, stdin)
        expect(code).toBe(1)
        return stderr.trim()
      }
      expect(await fails('get cm absent')).toBe(
        'Error from server (NotFound): configmaps "absent" not found',
      )
      expect(await fails('get nonsense')).toBe(
        'error: the server doesn\'t have a resource type "nonsense"',
      )
      const misspelt = manifests.replace('replicas: 2', 'replica: 2')
      expect(await fails('create -f - --dry-run=server', misspelt)).toContain(
        'strict decoding error: unknown field "spec.replica"',
      )
      expect(await fails('apply --server-side -f -', manifests)).toContain('conflict')
    })

    it('deletes, and waits until it is gone', async () => {
      expect(await run('delete cm settings')).toContain('configmap "settings" deleted')
      expect(await run('delete deployment web --timeout=60s')).toContain('"web" deleted')
      await eventually(
        async () =>
          (await cluster.kubectl(['-n', namespace, 'get', 'deployment', 'web'])).code === 1,
      )
    })

    it('serves custom resources by their short names', async () => {
      const group = `${namespace}.example`
      await run('apply --server-side -f -', definition(group))
      // `kubectl wait` gives up at once where it reads a new definition's `conditions: null`.
      const wait = `wait --for=condition=Established crd/gizmos.${group} --timeout=60s`.split(' ')
      await eventually(async () => (await cluster.kubectl(wait)).code === 0)
      const gizmo = `apiVersion: ${group}/v1\nkind: Gizmo\nmetadata: { name: one }\nspec: { size: 3 }\n`
      await eventually(async () => (await cluster.kubectl(['get', `gizmos.${group}`])).code === 0)
      expect(await run('apply --server-side -f -', gizmo)).toBe(
        `gizmo.${group}/one serverside-applied`,
      )
      expect(await run(`get gizmos.${group}`)).toMatch(/^NAME +SIZE\none +3$/)
      const removed = await cluster.kubectl(['delete', 'crd', `gizmos.${group}`, '--timeout=60s'])
      expect(removed.code).toBe(0)
    })
  })
}

function definition(group: string): string {
  return `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: gizmos.${group} }
spec:
  group: ${group}
  scope: Namespaced
  names: { plural: gizmos, kind: Gizmo, shortNames: [gz] }
  versions:
    - name: v1
      served: true
      storage: true
      additionalPrinterColumns:
        - { name: Size, type: integer, jsonPath: .spec.size }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: { type: object, properties: { size: { type: integer } } }
`
}
