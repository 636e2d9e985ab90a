import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiRequest } from './api-request.ts'
import type { ControlPlaneAccess } from './control-plane-access.ts'
import { freePorts } from './free-ports.ts'
import { printKubeconfig } from './kubeconfig.ts'
import { requirePeer } from './peers.ts'
import { type Program, startProgram } from './program.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

const readyMs = 60_000
const attempts = 3

export type ApiServer = {
  readonly access: ControlPlaneAccess
  /** In the order they were started: etcd, kube-apiserver. */
  readonly programs: readonly Program[]
}

/** etcd and kube-apiserver on free ports, ready. Somebody may take a port first: tried again then. */
export async function startApiServer(moreArgs: readonly string[]): Promise<ApiServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(moreArgs)
    } catch (error) {
      const isPortTaken = error instanceof Error && /address already in use/.test(error.message)
      if (!isPortTaken || attempt === attempts) throw error
    }
  }
}

async function startOnce(moreArgs: readonly string[]): Promise<ApiServer> {
  const folder = makeTemporaryFolder('control-plane')
  const programs: Program[] = []
  try {
    const [clientPort = 0, peerPort = 0, securePort = 0] = await freePorts(3)
    const tokens = writeTokens(folder)
    writeServiceAccountKeys(folder)
    programs.push(startEtcd(folder, clientPort, peerPort))
    const args = [...apiServerArgs(clientPort, securePort), ...moreArgs]
    const path = requirePeer('kube-apiserver')
    programs.push(startProgram({ name: 'kube-apiserver', path, args, folder }))
    const server = `https://127.0.0.1:${securePort}`
    const ca = await readyCa(folder, server, tokens.admin, programs)
    const kubeconfig = printKubeconfig({ server, ca, token: tokens.admin })
    const kubeconfigFile = join(folder, 'kubeconfig')
    writeFileSync(kubeconfigFile, kubeconfig, { mode: 0o600 })
    await grantView({ server, ca, token: tokens.admin }, programs)
    const etcd = `http://127.0.0.1:${clientPort}`
    return { access: { server, etcd, ca, tokens, kubeconfig, kubeconfigFile, folder }, programs }
  } catch (error) {
    for (const program of programs.toReversed()) await program.kill()
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    throw error
  }
}

function startEtcd(folder: string, clientPort: number, peerPort: number): Program {
  const clientUrl = `http://127.0.0.1:${clientPort}`
  const peerUrl = `http://127.0.0.1:${peerPort}`
  const args = [
    '--data-dir=etcd',
    '--unsafe-no-fsync',
    '--log-level=warn',
    `--listen-client-urls=${clientUrl}`,
    `--advertise-client-urls=${clientUrl}`,
    `--listen-peer-urls=${peerUrl}`,
    `--initial-advertise-peer-urls=${peerUrl}`,
    `--initial-cluster=default=${peerUrl}`,
  ]
  return startProgram({ name: 'etcd', path: requirePeer('etcd'), args, folder })
}

function apiServerArgs(etcdPort: number, securePort: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    `--secure-port=${securePort}`,
    '--cert-dir=certificates',
    '--token-auth-file=tokens.csv',
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
    '--service-account-key-file=service-account.pub',
    '--service-account-signing-key-file=service-account.key',
    '--allow-privileged=true',
    // The name of a Node that kwok plays leads nowhere.
    '--kubelet-preferred-address-types=InternalIP',
    // Nobody makes the tokens that this plugin would mount into every Pod.
    '--disable-admission-plugins=ServiceAccount',
    // The Endpoints of the Service `kubernetes` may not hold a loopback address.
    '--endpoint-reconciler-type=none',
  ]
}

function writeTokens(folder: string): ControlPlaneAccess['tokens'] {
  const token = (): string => randomBytes(24).toString('base64url')
  const tokens = { admin: token(), viewer: token(), nobody: token() }
  const lines = [
    `${tokens.admin},admin,admin,system:masters`,
    `${tokens.viewer},viewer,viewer,viewers`,
    `${tokens.nobody},nobody,nobody`,
  ]
  writeFileSync(join(folder, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 })
  return tokens
}

function writeServiceAccountKeys(folder: string): void {
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  })
  writeFileSync(join(folder, 'service-account.pub'), publicKey)
  writeFileSync(join(folder, 'service-account.key'), privateKey, { mode: 0o600 })
}

/** Waits until the server is ready; it writes its own certificate while it starts. */
async function readyCa(
  folder: string,
  server: string,
  token: string,
  programs: readonly Program[],
): Promise<string> {
  const readCa = (): string => readFileSync(join(folder, 'certificates/apiserver.crt'), 'utf8')
  await until('kube-apiserver is ready', readyMs, programs, async () => {
    const { status } = await apiRequest({ server, ca: readCa(), token }, 'GET', '/readyz')
    return status === 200
  })
  return readCa()
}

async function grantView(
  admin: { readonly server: string; readonly ca: string; readonly token: string },
  programs: readonly Program[],
): Promise<void> {
  const group = 'rbac.authorization.k8s.io'
  await until('the role `view` is bound', readyMs, programs, async () => {
    const path = `/apis/${group}/v1/clusterrolebindings`
    const { status } = await apiRequest(admin, 'POST', path, {
      metadata: { name: 'viewers' },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'view' },
      subjects: [{ apiGroup: group, kind: 'Group', name: 'viewers' }],
    })
    return status === 201
  })
}
