import { globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiRequest } from './api-request.ts'
import type { ControlPlaneAccess } from './control-plane-access.ts'
import { freePorts } from './free-ports.ts'
import { peerFolder, requirePeer } from './peers.ts'
import type { PeerName } from './pins.ts'
import { type Program, startProgram } from './program.ts'
import { until } from './until.ts'

const readyMs = 60_000

/** What every container says, oldest first; kubelets keep this form, and name the stream. */
export const containerLog: readonly string[] = [
  ...Array.from({ length: 20 }, (_, index) => `starting, step ${index + 1}`),
  'fatal: no such table: users',
]

/**
 * Starts what makes workloads move: kube-controller-manager, kube-scheduler, and kwok, which plays
 * the kubelet of one Node. Pods become Ready at once; one with the label
 * `pod-container-running-failed.stage.kwok.x-k8s.io: "true"` fails after a second. The log of every container is
 * `containerLog`.
 */
export async function startControllers(access: ControlPlaneAccess): Promise<readonly Program[]> {
  const [kubeletPort = 0] = await freePorts(1)
  const programs = [
    start(access, 'kube-controller-manager', [
      ...inOneProcess,
      '--service-account-private-key-file=service-account.key',
      '--root-ca-file=certificates/apiserver.crt',
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
      // kwok's Node sends no heartbeats: after 40 s all its Pods would count as not ready.
      '--node-monitor-grace-period=24h',
    ]),
    start(access, 'kube-scheduler', [
      ...inOneProcess,
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
    ]),
    start(access, 'kwok', [
      '--manage-all-nodes',
      '--node-ip=127.0.0.1',
      `--node-port=${kubeletPort}`,
      `--server-address=127.0.0.1:${kubeletPort}`,
      ...[...stages(), writeLogs(access.folder)].map((file) => `--config=${file}`),
    ]),
  ]
  try {
    await until('the Node is ready', readyMs, programs, () => isNodeReady(access))
    await until('ServiceAccounts are made', readyMs, programs, () => hasServiceAccount(access))
    return programs
  } catch (error) {
    for (const program of programs) await program.kill()
    throw error
  }
}

/** No second one is there to elect a leader among, and nobody asks for metrics. */
const inOneProcess = ['--leader-elect=false', '--secure-port=0']

function start(access: ControlPlaneAccess, name: PeerName, args: readonly string[]): Program {
  return startProgram({
    name,
    path: requirePeer(name),
    args: [`--kubeconfig=${access.kubeconfigFile}`, ...args],
    folder: access.folder,
  })
}

function stages(): readonly string[] {
  return globSync(`${peerFolder('kwok')}/kustomize/stage/**/*.yaml`).toSorted()
}

/** A file that tells kwok what the log of every container is. */
function writeLogs(folder: string): string {
  const lines = containerLog.map((line) => `2026-11-23T12:00:00.000000000Z stdout F ${line}\n`)
  const logsFile = join(folder, 'container.log')
  writeFileSync(logsFile, lines.join(''))
  const config = join(folder, 'container-log.json')
  writeFileSync(
    config,
    JSON.stringify({
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'ClusterLogs',
      metadata: { name: 'logs' },
      spec: { logs: [{ logsFile, previousLogsFile: logsFile }] },
    }),
  )
  return config
}

async function isNodeReady(access: ControlPlaneAccess): Promise<boolean> {
  const admin = { ...access, token: access.tokens.admin }
  await apiRequest(admin, 'POST', '/api/v1/nodes', { metadata: { name: 'node' } })
  const node = await apiRequest(admin, 'GET', '/api/v1/nodes/node')
  return /"type":\s*"Ready",\s*"status":\s*"True"/.test(node.body)
}

async function hasServiceAccount(access: ControlPlaneAccess): Promise<boolean> {
  const admin = { ...access, token: access.tokens.admin }
  const path = '/api/v1/namespaces/default/serviceaccounts/default'
  return (await apiRequest(admin, 'GET', path)).status === 200
}
