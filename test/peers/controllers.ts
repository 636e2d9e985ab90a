import { globSync } from 'node:fs'
import { apiRequest } from './api-request.ts'
import type { ControlPlaneAccess } from './control-plane-access.ts'
import { peerFolder, requirePeer } from './peers.ts'
import type { PeerName } from './pins.ts'
import { type Program, startProgram } from './program.ts'
import { until } from './until.ts'

const readyMs = 60_000

/**
 * Starts what makes workloads move: kube-controller-manager, kube-scheduler, and kwok, which plays
 * the kubelet of one Node. Pods become Ready at once; one with the label
 * `pod-container-running-failed.stage.kwok.x-k8s.io: "true"` fails after a second.
 */
export async function startControllers(access: ControlPlaneAccess): Promise<readonly Program[]> {
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
    start(access, 'kwok', ['--manage-all-nodes', ...stages().map((file) => `--config=${file}`)]),
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
