import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { applyObjects } from '../lib/apply/apply.ts'
import type { ApplyOptions } from '../lib/apply/options.ts'
import { type ClusterClient, createClusterClient } from '../lib/cluster/client.ts'
import type { HttpsTransport } from '../lib/cluster/https.ts'
import { transportFromSecret } from '../lib/cluster/kubeconfig.ts'
import type { KubeObject } from '../lib/manifest/object.ts'
import { type ControlPlane, startControlPlane } from '../test/peers/control-plane.ts'

const rounds = 3

/**
 * First apply, unchanged re-apply and one change of 1,000 objects on a real kube-apiserver, side by side with
 * `kubectl apply --server-side` and with the same requests sent raw: the floor. Each in a namespace of its own,
 * in turns; the median of three rounds is printed.
 */
export async function benchApply(count = 1_000): Promise<void> {
  const controlPlane = await startControlPlane()
  const transport = await transportFromSecret(controlPlane.kubeconfig)
  try {
    await warmUp(controlPlane, transport)
    const measured: Row[] = []
    for (let round = 1; round <= rounds; round += 1) {
      measured.push(
        ...(await benchOurs(controlPlane, transport, { round, count })),
        ...(await benchKubectl(controlPlane, { round, count })),
        ...(await benchFloor(controlPlane, transport, { round, count })),
      )
    }
    const rows = [...Map.groupBy(measured, ({ name }) => name).values()].flatMap(median)
    for (const row of rows) console.log(formatRow(row))
    console.log(formatRatios(rows, count))
  } finally {
    transport.close()
    await controlPlane.stop()
  }
}

type Size = { readonly round: number; readonly count: number }

type Row = {
  readonly name: string
  readonly ms: number
  readonly requests?: number
  readonly writes?: number
}

async function benchOurs(
  controlPlane: ControlPlane,
  transport: HttpsTransport,
  { round, count }: Size,
): Promise<readonly Row[]> {
  const objects = await objectsOf(controlPlane, `ours-${round}`, count)
  const options: ApplyOptions = {
    owner: { name: 'bench', namespace: 'flux-system' },
    now: () => new Date(),
  }
  const run = (name: string, wanted: readonly KubeObject[]): Promise<Row> => {
    const client = createClusterClient(transport)
    return timed(name, client, () => applyObjects(client, wanted, options))
  }
  const changed = objects.map((object, index) =>
    index === 0 ? { ...object, data: { key: 'changed' } } : object,
  )
  return [
    await run('driftless, first apply', objects),
    await run('driftless, unchanged', objects),
    await run('driftless, one changed', changed),
  ]
}

async function benchKubectl(
  controlPlane: ControlPlane,
  { round, count }: Size,
): Promise<readonly Row[]> {
  const objects = await objectsOf(controlPlane, `kubectl-${round}`, count)
  const file = join(controlPlane.folder, 'bench.json')
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }))
  const run = async (name: string): Promise<Row> => {
    const startedAt = performance.now()
    const { code, stderr } = await controlPlane.kubectl(['apply', '--server-side', '-f', file])
    if (code !== 0) throw new Error(stderr)
    return { name, ms: performance.now() - startedAt }
  }
  return [await run('kubectl, first apply'), await run('kubectl, unchanged')]
}

/** The same applies with nothing around them: a dry run of each, then a write of each. */
async function benchFloor(
  controlPlane: ControlPlane,
  transport: HttpsTransport,
  { round, count }: Size,
): Promise<readonly Row[]> {
  const objects = await objectsOf(controlPlane, `floor-${round}`, count)
  const send = (name: string, isDryRun: boolean): Promise<Row> => {
    const client = createClusterClient(transport)
    return timed(name, client, () =>
      Promise.all(objects.map((object) => client.applyServerSide(object, { isDryRun }))),
    )
  }
  return [await send('raw dry runs', true), await send('raw applies', false)]
}

async function warmUp(controlPlane: ControlPlane, transport: HttpsTransport): Promise<void> {
  const objects = await objectsOf(controlPlane, 'warm', 100)
  const client = createClusterClient(transport)
  const now = (): Date => new Date()
  await applyObjects(client, objects, { owner: { name: 'warm', namespace: 'flux-system' }, now })
}

async function timed(
  name: string,
  client: ClusterClient,
  work: () => Promise<unknown>,
): Promise<Row> {
  const startedAt = performance.now()
  await work()
  const { requests, writes } = client.counts()
  return { name, ms: performance.now() - startedAt, requests, writes }
}

/** A quarter each of ConfigMaps, Services, Deployments and ServiceAccounts, in a namespace made for them. */
async function objectsOf(
  controlPlane: ControlPlane,
  namespace: string,
  count: number,
): Promise<readonly KubeObject[]> {
  await controlPlane.kubectl(['create', 'namespace', namespace])
  return Array.from({ length: count }, (_, index) => {
    const metadata = { name: `app-${index}`, namespace }
    return (kinds[index % kinds.length] ?? configMap)(metadata)
  })
}

type Metadata = { readonly name: string; readonly namespace: string }

const configMap = (metadata: Metadata): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
  data: { key: metadata.name, text: 'some text\n'.repeat(20) },
})

const service = (metadata: Metadata): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: { selector: { app: metadata.name }, ports: [{ port: 80, targetPort: 8080 }] },
})

const deployment = (metadata: Metadata): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: metadata.name } },
    template: {
      metadata: { labels: { app: metadata.name } },
      spec: {
        containers: [
          {
            name: 'app',
            image: 'example.com/app:1',
            ports: [{ containerPort: 8080 }],
            resources: { requests: { cpu: '100m', memory: '64Mi' } },
          },
        ],
      },
    },
  },
})

const serviceAccount = (metadata: Metadata): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata,
})

const kinds = [configMap, service, deployment, serviceAccount]

function median(rows: readonly Row[]): readonly Row[] {
  return rows
    .toSorted((a, b) => a.ms - b.ms)
    .slice(Math.floor(rows.length / 2))
    .slice(0, 1)
}

function formatRow({ name, ms, requests, writes }: Row): string {
  const cost = requests === undefined ? '' : `${requests} requests, ${writes ?? 0} writes`
  return `${name.padEnd(24)} ${(ms / 1000).toFixed(2).padStart(6)} s  ${cost}`
}

function formatRatios(rows: readonly Row[], count: number): string {
  const ms = (name: string): number => rows.find((row) => row.name === name)?.ms ?? Number.NaN
  const first = ms('driftless, first apply')
  const unchanged = ms('driftless, unchanged')
  const floor = ms('raw dry runs') + ms('raw applies')
  return [
    `${count} objects: first apply ${(ms('kubectl, first apply') / first).toFixed(2)} × kubectl's speed`,
    `${(first / floor).toFixed(2)} × the floor of raw requests`,
    `unchanged ${(ms('kubectl, unchanged') / unchanged).toFixed(2)} × kubectl's speed`,
  ].join(', ')
}

if (import.meta.main) await benchApply()
