import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Transport } from '../../lib/cluster/transport.ts'
import type { Json } from '../../lib/manifest/object.ts'
import { play } from './play.ts'
import { scenarios } from './scenarios/all.ts'
import { customDefinition, customScenarios } from './scenarios/custom.ts'
import type { Scenario } from './scenarios/requests.ts'

/** What a real kube-apiserver answered to a scenario, a line each. Written by record.ts. */
export type Recorded = { readonly name: string; readonly answers: readonly Json[] }

const file = join(import.meta.dirname, 'cases/kube-apiserver.jsonl')

export function readRecorded(): ReadonlyMap<string, readonly Json[]> {
  const lines = readFileSync(file, 'utf8').split('\n')
  const recorded: readonly Recorded[] = lines
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  return new Map(recorded.map(({ name, answers }) => [name, answers]))
}

export function writeRecorded(recorded: readonly Recorded[]): void {
  writeFileSync(file, recorded.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
}

export const allScenarios: readonly Scenario[] = [...scenarios, ...customScenarios]

/** Plays a scenario in a namespace of its own; custom resources first get their definition. */
export async function playAlone(
  transport: Transport,
  scenario: Scenario,
  namespace: string,
): Promise<readonly Json[]> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  await transport({ method: 'POST', path: '/api/v1/namespaces', body })
  if (isCustom(scenario)) await define(transport, namespace)
  return play(transport, namespace, scenario)
}

/** Its paths name the group that the definition makes. */
export function isCustom({ steps }: Scenario): boolean {
  return steps.some(({ path }) => path.includes('NAMESPACE.example'))
}

async function define(transport: Transport, namespace: string): Promise<void> {
  await play(transport, namespace, { name: '', steps: [customDefinition] })
  const path = `/apis/${namespace}.example/v1/namespaces/${namespace}/gadgets`
  await eventually(async () => (await transport({ method: 'GET', path })).status === 200)
}

const pauseMs = 10

/** Asks again and again: what a cluster does by itself takes it a moment. */
export async function eventually(
  isTrue: () => Promise<boolean>,
  timeoutMs: number = 60_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
}
