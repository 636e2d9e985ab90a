import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlPlane } from './control-plane.ts'
import { freePorts } from './free-ports.ts'
import { peerFolder, requirePeer } from './peers.ts'
import type { PeerName } from './pins.ts'
import { type Program, startProgram } from './program.ts'
import { until } from './until.ts'

const readyMs = 60_000

/** Added by `npm run peers -- --bench`. */
export const fluxPeers: readonly PeerName[] = ['source-controller', 'kustomize-controller']

export type FluxOptions = {
  /** Added to both controllers, e.g. `--concurrent=20`; their own defaults hold otherwise. */
  readonly args?: readonly string[]
}

export type Flux = {
  /** Kills both controllers. CRDs and objects stay in the cluster. */
  readonly stop: () => Promise<void>
}

/** Installs Flux's CRDs and runs its source- and kustomize-controller against a control plane. */
export async function startFlux(
  controlPlane: ControlPlane,
  options: FluxOptions = {},
): Promise<Flux> {
  await installDefinitions(controlPlane)
  const args = options.args ?? []
  const programs: Program[] = []
  const stop = async (): Promise<void> => {
    for (const program of programs) await program.kill()
  }
  try {
    const [artifacts = 0, sourceHealth = 0, kustomizeHealth = 0] = await freePorts(3)
    const source = start(controlPlane, 'source-controller', sourceHealth, [
      '--storage-path=artifacts',
      `--storage-addr=127.0.0.1:${artifacts}`,
      `--storage-adv-addr=127.0.0.1:${artifacts}`,
      ...args,
    ])
    const kustomize = start(controlPlane, 'kustomize-controller', kustomizeHealth, args)
    programs.push(source, kustomize)
    await until('source-controller is ready', readyMs, [source], () => isReady(sourceHealth))
    await until('it serves artifacts', readyMs, [source], () => answers(artifacts))
    await until('kustomize-controller is ready', readyMs, [kustomize], () =>
      isReady(kustomizeHealth),
    )
    return { stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function start(
  controlPlane: ControlPlane,
  name: PeerName,
  healthPort: number,
  args: readonly string[],
): Program {
  const folder = join(controlPlane.folder, name)
  mkdirSync(join(folder, 'artifacts'), { recursive: true })
  return startProgram({
    name,
    path: requirePeer(name),
    folder,
    args: [
      '--watch-all-namespaces=true',
      '--enable-leader-election=false',
      '--metrics-addr=0',
      `--health-addr=127.0.0.1:${healthPort}`,
      ...args,
    ],
    env: { KUBECONFIG: controlPlane.kubeconfigFile, RUNTIME_NAMESPACE: 'flux-system' },
  })
}

/** Installs the CRDs of both controllers. */
export async function installDefinitions({ kubectl }: ControlPlane): Promise<void> {
  const folders = fluxPeers.flatMap((name) => ['-f', join(peerFolder(name), 'config/crd/bases')])
  const applied = await kubectl(['apply', '--server-side', ...folders])
  if (applied.code !== 0) throw new Error(`kubectl apply: ${applied.stderr}`)
  // `kubectl wait` gives up at once where it reads a new definition's `conditions: null`.
  const wait = ['wait', '--for=condition=Established', '--timeout=30s', ...folders]
  const deadline = performance.now() + 60_000
  for (let waited = await kubectl(wait); waited.code !== 0; waited = await kubectl(wait)) {
    if (performance.now() > deadline) throw new Error(`kubectl wait: ${waited.stderr}`)
  }
  // It may be there already; Flux has its events and nothing else in it.
  await kubectl(['create', 'namespace', 'flux-system'])
}

async function isReady(port: number): Promise<boolean> {
  return (await fetch(`http://127.0.0.1:${port}/readyz`)).ok
}

/** Any answer will do: the artifact server has no page of its own. */
async function answers(port: number): Promise<boolean> {
  await fetch(`http://127.0.0.1:${port}/`)
  return true
}
