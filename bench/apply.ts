/**
 * 1,000 objects of one Kustomization on a real kube-apiserver: first apply, unchanged, one drifted, one changed; beside
 * `kubectl apply --server-side`, Flux's own controllers and the same requests sent raw, which is the floor. Each in a
 * namespace of its own, in turns; the median of three rounds, for Flux of one. `--ours` leaves Flux out.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { applyObjects } from '../lib/apply/apply.ts'
import type { ApplyOptions } from '../lib/apply/options.ts'
import type { Traces } from '../lib/apply/trace.ts'
import { type ClusterClient, createClusterClient } from '../lib/cluster/client.ts'
import type { HttpsTransport } from '../lib/cluster/https.ts'
import type { KubeObject } from '../lib/manifest/object.ts'
import { fluxPeers } from '../test/peers/flux-controllers.ts'
import { missingPeers, remedy } from '../test/peers/peers.ts'
import { openBench } from './_control-plane.ts'
import { benchFlux } from './_flux-apply.ts'
import { objectsOf } from './_objects.ts'

const rounds = 3
const count = 1_000
const isFluxMeasured = !process.argv.includes('--ours')

export type Row = {
  readonly name: string
  readonly ms: number
  readonly requests?: number
  readonly writes?: number
}

const bench = await openBench([])
const { transport, directory, kubectl } = bench
const missingFlux = isFluxMeasured ? missingPeers(fluxPeers) : []
if (missingFlux.length > 0) console.error(`without Flux: ${remedy(missingFlux)}`)

try {
  await warmUp()
  const measured: Row[] = []
  for (let round = 1; round <= rounds; round += 1) {
    measured.push(
      ...(await benchOurs(round)),
      ...(await benchKubectl(round)),
      ...(await benchFloor(round)),
    )
  }
  if (isFluxMeasured && missingFlux.length === 0) {
    measured.push(...(await benchFlux(bench, count)))
  }
  const rows = [...Map.groupBy(measured, ({ name }) => name).values()].flatMap(median)
  for (const row of rows) console.log(formatRow(row))
  process.exitCode = check(rows) ? 0 : 1
} finally {
  await bench.close()
}

async function benchOurs(round: number): Promise<readonly Row[]> {
  const namespace = await createNamespace(`ours-${round}`)
  const objects = objectsOf(namespace, count)
  const owner = { name: 'bench', namespace: 'flux-system' }
  const rows: Row[] = []
  const run = async (name: string, wanted: readonly KubeObject[], traces?: Traces) => {
    const client = createClusterClient(transport)
    const options: ApplyOptions = { owner, now: () => new Date() }
    const known = traces === undefined ? options : { ...options, traces }
    const { row, result } = await timed(name, client, () => applyObjects(client, wanted, known))
    rows.push(row)
    return result.traces
  }
  const first = await run('driftless, first apply', objects)
  const second = await run('driftless, unchanged', objects, first)
  await drift(transport, namespace)
  const third = await run('driftless, one drifted', objects, second)
  const changed = objects.with(0, { ...configMapOf(objects), data: { key: 'changed' } })
  await run('driftless, one changed', changed, third)
  return rows
}

function configMapOf([first]: readonly KubeObject[]): KubeObject {
  if (first === undefined) throw new Error('there are no objects')
  return first
}

/** What somebody does by hand to the first object, a ConfigMap. */
async function drift(through: HttpsTransport, namespace: string): Promise<void> {
  const hand = createClusterClient(through, { fieldManager: 'somebody' })
  const ref = { group: '', version: 'v1', kind: 'ConfigMap', namespace, name: 'app-0' }
  await hand.patch(ref, { data: { key: 'by hand' } }, { type: 'merge' })
}

async function benchKubectl(round: number): Promise<Row[]> {
  const items = objectsOf(await createNamespace(`kubectl-${round}`), count)
  const file = join(directory, 'bench.json')
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))
  const run = async (name: string): Promise<Row> => {
    const startedAt = performance.now()
    await kubectl(['apply', '--server-side', '-f', file])
    return { name, ms: performance.now() - startedAt }
  }
  return [await run('kubectl, first apply'), await run('kubectl, unchanged')]
}

/** The same applies with nothing around them: a dry run of each, then a write of each. */
async function benchFloor(round: number): Promise<Row[]> {
  const objects = objectsOf(await createNamespace(`floor-${round}`), count)
  const send = async (name: string, isDryRun: boolean): Promise<Row> => {
    const client = createClusterClient(transport)
    const work = () =>
      Promise.all(objects.map((object) => client.applyServerSide(object, { isDryRun })))
    return (await timed(name, client, work)).row
  }
  return [await send('raw dry runs', true), await send('raw applies', false)]
}

async function warmUp(): Promise<void> {
  const objects = objectsOf(await createNamespace('warm'), 100)
  const owner = { name: 'warm', namespace: 'flux-system' }
  await applyObjects(createClusterClient(transport), objects, { owner, now: () => new Date() })
}

async function timed<T>(name: string, client: ClusterClient, work: () => Promise<T>) {
  const startedAt = performance.now()
  const result = await work()
  const { requests, writes } = client.counts()
  return { row: { name, ms: performance.now() - startedAt, requests, writes }, result }
}

async function createNamespace(name: string): Promise<string> {
  await kubectl(['create', 'namespace', name])
  return name
}

function median(rows: readonly Row[]): readonly Row[] {
  const sorted = rows.toSorted((a, b) => a.ms - b.ms)
  return sorted.slice(Math.floor(rows.length / 2)).slice(0, 1)
}

function formatRow({ name, ms, requests, writes }: Row): string {
  const sent = requests === undefined ? '' : `${requests} requests`
  const written = writes === undefined ? '' : `, ${writes} writes`
  return `${name.padEnd(24)} ${(ms / 1000).toFixed(2).padStart(6)} s  ${sent}${written}`
}

function check(rows: readonly Row[]): boolean {
  const find = (name: string): Row | undefined => rows.find((row) => row.name === name)
  const ms = (name: string): number => find(name)?.ms ?? Number.NaN
  const ours = (work: string): number => ms(`driftless, ${work}`)
  const times = (work: string): number => ms(`flux, ${work}`) / ours(work)
  const kubectl = ms('kubectl, first apply') / ours('first apply')
  const floor = ours('first apply') / (ms('raw dry runs') + ms('raw applies'))
  const sent = (work: string): number => find(`driftless, ${work}`)?.requests ?? Number.NaN
  const goals = [
    atLeast("first apply: × kubectl's speed", kubectl, 1),
    atMost('first apply: × the floor', floor, 1.25),
    atMost('unchanged: requests', sent('unchanged'), 30),
    atMost('unchanged: writes', find('driftless, unchanged')?.writes ?? Number.NaN, 0),
    atMost('one drifted: requests', sent('one drifted'), 35),
    atMost('one changed: requests', sent('one changed'), 35),
  ]
  if (find('flux, first apply') === undefined) return goals.every(Boolean)
  return [
    ...goals,
    atLeast("first apply: × Flux's speed", times('first apply'), 2.5),
    atLeast("unchanged: × Flux's speed", times('unchanged'), 15),
    atLeast("one drifted: × Flux's speed", times('one drifted'), 12),
  ].every(Boolean)
}

function atLeast(what: string, value: number, goal: number): boolean {
  return told(`${what} ${value.toFixed(2)} (goal ≥ ${goal})`, value >= goal)
}

function atMost(what: string, value: number, goal: number): boolean {
  return told(`${what} ${Number(value.toFixed(2))} (goal ≤ ${goal})`, value <= goal)
}

function told(text: string, isMet: boolean): boolean {
  console.log(`${isMet ? '✔' : '✗'} ${text}`)
  return isMet
}
