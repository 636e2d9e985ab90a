import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ClusterRequest, ClusterResponse, Transport } from '../../lib/cluster/transport.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/manifest/object.ts'
import { at, listAt, numberIn, objectAt, textIn } from '../../lib/sandbox/kubernetes/json.ts'
import { eventually } from './recorded.ts'
import { configMap, deployment } from './scenarios/requests.ts'
import { type Address, openWatch } from './watch-client.ts'

export type ContractCluster = {
  readonly transport: Transport
  readonly address: Address
  readonly close: () => Promise<void>
}

/** What a cluster does over time: the same on a whole control plane and on the sandbox. */
export function clusterContract(name: string, start: () => Promise<ContractCluster>): void {
  describe(`${name} as a cluster`, () => {
    let cluster: ContractCluster
    let namespace = ''
    const made: string[] = []

    const send = (request: ClusterRequest): Promise<ClusterResponse> => cluster.transport(request)
    const get = async (path: string): Promise<Json> => (await send({ method: 'GET', path })).body
    const status = async (path: string): Promise<number> =>
      (await send({ method: 'GET', path })).status
    const post = (path: string, body: Json): Promise<ClusterResponse> =>
      send({ method: 'POST', path, body })
    const remove = (path: string, body?: Json): Promise<ClusterResponse> =>
      send({ method: 'DELETE', path, ...(body === undefined ? {} : { body }) })
    const apply = (path: string, body: JsonObject): Promise<ClusterResponse> =>
      send({
        method: 'PATCH',
        path,
        body,
        contentType: 'application/apply-patch+yaml',
        query: { fieldManager: 'contract', force: 'true' },
      })
    const makeNamespace = async (): Promise<string> => {
      const fresh = `contract-${randomBytes(4).toString('hex')}`
      made.push(fresh)
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: fresh } }
      expect((await post('/api/v1/namespaces', body)).status).toBe(201)
      return fresh
    }
    const core = (): string => `/api/v1/namespaces/${namespace}`
    const apps = (): string => `/apis/apps/v1/namespaces/${namespace}`

    beforeAll(async () => {
      cluster = await start()
      namespace = await makeNamespace()
    })
    afterAll(async () => {
      await Promise.all(made.map((name) => remove(`/api/v1/namespaces/${name}`)))
      await cluster.close()
    })

    it('says what it serves, group by group and all at once', async () => {
      expect(await get('/version')).toMatchObject({ major: '1', minor: '36' })
      expect(await get('/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
      const { groups = [] } = objectAt(await get('/apis'))
      expect(groups).toContainEqual(expect.objectContaining({ name: 'apps' }))
      expect(await get('/apis/apps')).toMatchObject({
        kind: 'APIGroup',
        preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
      })
      const listed = listAt(await get('/apis/apps/v1'), 'resources')
      expect(listed).toContainEqual(
        expect.objectContaining({
          name: 'deployments',
          kind: 'Deployment',
          shortNames: ['deploy'],
        }),
      )
      expect(listed).toContainEqual(
        expect.objectContaining({ name: 'deployments/scale', kind: 'Scale', group: 'autoscaling' }),
      )
      const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
      const all = await send({ method: 'GET', path: '/apis', accept })
      expect(JSON.stringify(all.body)).toContain('"singularResource":"statefulset"')
    })

    it('publishes its schemas', async () => {
      // The real server sends its index as text/plain.
      const index = await get('/openapi/v3')
      const paths = objectAt(typeof index === 'string' ? JSON.parse(index) : index, 'paths')
      const url = textIn(paths, 'apis/apps/v1', 'serverRelativeURL')
      const [path = ''] = url.split('?', 1)
      const document = await get(path)
      const schema = objectAt(document, 'components', 'schemas', 'io.k8s.api.core.v1.Container')
      expect(at(schema, 'properties', 'ports')).toMatchObject({
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-patch-merge-key': 'containerPort',
      })
    })

    it('lists page by page', async () => {
      const own = await makeNamespace()
      const path = `/api/v1/namespaces/${own}/secrets`
      for (const name of ['c', 'a', 'e', 'b', 'd']) {
        await post(path, { apiVersion: 'v1', kind: 'Secret', metadata: { name } })
      }
      const names: string[] = []
      let token = ''
      do {
        const query = { limit: '2', ...(token === '' ? {} : { continue: token }) }
        const page = (await send({ method: 'GET', path, query })).body
        names.push(...listAt(page, 'items').map((item) => textIn(item, 'metadata', 'name')))
        token = textIn(page, 'metadata', 'continue')
      } while (token !== '')
      expect(names).toEqual(['a', 'b', 'c', 'd', 'e'])
    })

    it('prints tables', async () => {
      await apply(
        `${core()}/configmaps/printed`,
        configMap('printed', { data: { a: '1', b: '2' } }),
      )
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
      const table = (await send({ method: 'GET', path: `${core()}/configmaps/printed`, accept }))
        .body
      const columns = listAt(table, 'columnDefinitions').map((column) => textIn(column, 'name'))
      expect(columns).toEqual(['Name', 'Data', 'Age'])
      const [row] = listAt(table, 'rows')
      expect(listAt(row, 'cells').slice(0, 2)).toEqual(['printed', 2])
      expect(at(row, 'object', 'metadata', 'name')).toBe('printed')
    })

    it('serves a definition’s kind once it is established, and no more when it is gone', async () => {
      const group = `${namespace}.example`
      const path = `/apis/${group}/v1/namespaces/${namespace}/widgets`
      expect(await status(path)).toBe(404)
      await apply(
        `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`,
        definition(group),
      )
      await eventually(async () => (await status(path)) === 200)
      const body = { apiVersion: `${group}/v1`, kind: 'Widget', metadata: { name: 'one' } }
      expect((await post(path, body)).status).toBe(201)
      expect(JSON.stringify(await get(`/apis/${group}`))).toContain(`${group}/v1`)
      await remove(`/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.${group}`)
      await eventually(async () => (await status(`${path}/one`)) === 404)
      await eventually(async () => (await status(`/apis/${group}/v1`)) === 404)
    })

    it('empties a namespace before it goes, and lets nothing new in', async () => {
      const own = await makeNamespace()
      const path = `/api/v1/namespaces/${own}`
      const held = {
        ...configMap('held'),
        metadata: { name: 'held', finalizers: ['test.example/x'] },
      }
      await post(`${path}/configmaps`, held)
      await post(`${path}/configmaps`, configMap('free'))
      const deleted = await remove(path)
      expect(textIn(deleted.body, 'status', 'phase')).toBe('Terminating')
      const refused = await post(`${path}/configmaps`, configMap('late'))
      expect(refused.status).toBe(403)
      expect(textIn(refused.body, 'message')).toBe(
        `configmaps "late" is forbidden: unable to create new content in namespace ${own} because it is being terminated`,
      )
      await eventually(async () => (await status(`${path}/configmaps/free`)) === 404)
      expect(await status(path)).toBe(200)
      await send({
        method: 'PATCH',
        path: `${path}/configmaps/held`,
        contentType: 'application/merge-patch+json',
        body: { metadata: { finalizers: null } },
      })
      await eventually(async () => (await status(path)) === 404)
    })

    it.each([
      ['Background', false],
      ['Foreground', false],
      ['Orphan', true],
    ] as const)('treats dependents as %s deletion says', async (propagationPolicy, isKept) => {
      const suffix = propagationPolicy.toLowerCase()
      const owner = await post(`${core()}/configmaps`, configMap(`owner-${suffix}`))
      const reference = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name: `owner-${suffix}`,
        uid: textIn(owner.body, 'metadata', 'uid'),
        blockOwnerDeletion: true,
      }
      const metadata = { name: `dependent-${suffix}`, ownerReferences: [reference] }
      const dependent = `${core()}/configmaps/dependent-${suffix}`
      await post(`${core()}/configmaps`, { ...configMap(''), metadata })
      // A garbage collector that has not seen the dependent yet would not know what it owns.
      await eventually(async () => (await status(dependent)) === 200)
      await remove(`${core()}/configmaps/owner-${suffix}`, { propagationPolicy })
      await eventually(async () => (await status(`${core()}/configmaps/owner-${suffix}`)) === 404)
      if (isKept) {
        await eventually(async () => {
          const { ownerReferences } = objectAt(await get(dependent), 'metadata')
          return ownerReferences === undefined
        })
      } else {
        await eventually(async () => (await status(dependent)) === 404)
      }
    })

    it('brings workloads up', async () => {
      const labels = { app: 'up' }
      const pods = {
        metadata: { labels },
        spec: { containers: [{ name: 'web', image: 'nginx:1' }] },
      }
      const selector = { matchLabels: labels }
      await apply(`${apps()}/deployments/web`, deployment({ replicas: 2 }))
      await apply(`${apps()}/statefulsets/db`, {
        apiVersion: 'apps/v1',
        kind: 'StatefulSet',
        metadata: { name: 'db' },
        spec: { serviceName: 'db', selector, template: pods },
      })
      await apply(`/apis/batch/v1/namespaces/${namespace}/jobs/once`, {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name: 'once' },
        spec: { template: { spec: { ...pods.spec, restartPolicy: 'Never' } } },
      })
      await eventually(async () => {
        const web = await get(`${apps()}/deployments/web`)
        return numberIn(web, 'status', 'availableReplicas') === 2 && isObserved(web)
      })
      await eventually(async () => {
        const db = await get(`${apps()}/statefulsets/db`)
        return numberIn(db, 'status', 'readyReplicas') === 1 && isObserved(db)
      })
      await eventually(async () => {
        const job = await get(`/apis/batch/v1/namespaces/${namespace}/jobs/once`)
        return listAt(job, 'status', 'conditions').some(
          (condition) => textIn(condition, 'type') === 'Complete',
        )
      })
    })

    it('watches from a version on, through a selector', async () => {
      const path = `${core()}/configmaps`
      const since = textIn(await get(path), 'metadata', 'resourceVersion')
      const query = new URLSearchParams({
        watch: 'true',
        resourceVersion: since,
        labelSelector: 'seen=yes',
      })
      const labelled = (value: string, data = '1'): JsonObject => ({
        ...configMap('watched', { data: { a: data } }),
        metadata: { name: 'watched', labels: { seen: value } },
      })
      await apply(`${path}/watched`, labelled('yes'))
      const watch = await openWatch(cluster.address, `${path}?${query}`)
      await apply(`${path}/watched`, labelled('yes', '2'))
      await apply(`${path}/watched`, labelled('no'))
      await apply(`${path}/watched`, labelled('yes'))
      await remove(`${path}/watched`)
      const told: string[] = []
      for (let index = 0; index < 5; index += 1) told.push(textIn(await watch.next(), 'type'))
      watch.close()
      expect(told).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'DELETED'])
    })

    it('knows who asks by impersonation', async () => {
      const impersonate = 'system:serviceaccount:apps:deployer'
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'SelfSubjectReview',
        metadata: {},
      }
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
      const answer = await send({ method: 'POST', path, body, impersonate })
      expect(at(answer.body, 'status', 'userInfo', 'username')).toBe(impersonate)
    })
  })
}

function isObserved(object: Json): boolean {
  return (
    isJsonObject(object) &&
    numberIn(object, 'status', 'observedGeneration') === numberIn(object, 'metadata', 'generation')
  )
}

function definition(group: string): JsonObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'widgets', kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object' } },
        },
      ],
    },
  }
}
