import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startApiServer } from './api-server.ts'
import { type CommandResult, runCommand } from './command.ts'
import type { ControlPlaneAccess } from './control-plane-access.ts'
import { startControllers } from './controllers.ts'
import { requirePeer } from './peers.ts'
import type { PeerName } from './pins.ts'
import type { Program } from './program.ts'

/** A real Kubernetes API on loopback: etcd and kube-apiserver, with or without controllers. */
export type ControlPlane = ControlPlaneAccess & {
  /** The token of `admin`. */
  readonly token: string
  /** Runs kubectl as `admin`; its exit code is an answer, not an error. */
  readonly kubectl: (args: readonly string[], stdin?: string) => Promise<CommandResult>
  readonly stop: () => Promise<void>
}

export type ControlPlaneOptions = {
  /** Also kube-controller-manager, kube-scheduler, and kwok with one Node. Default false. */
  readonly controllers?: boolean
  /** Added to the API server's own, e.g. `--max-requests-inflight=1`. */
  readonly apiServerArgs?: readonly string[]
}

/** What `startControlPlane` and `kubectl` run; the controllers' only where they are asked for. */
export const controlPlanePeers: readonly PeerName[] = ['etcd', 'kube-apiserver', 'kubectl']
export const controllerPeers: readonly PeerName[] = [
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
]

/** Starts a control plane of its own; ready when this resolves. Throws with the end of the logs. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { access, programs } = await startApiServer(options.apiServerArgs ?? [])
  const running: Program[] = [...programs]
  const stop = async (): Promise<void> => {
    // The API server before etcd: with its store gone it hangs.
    for (const program of running.toReversed()) await program.kill()
    await rm(access.folder, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    if (options.controllers) running.push(...(await startControllers(access)))
  } catch (error) {
    await stop()
    throw error
  }
  return connect(access, stop)
}

/** The same control plane seen from another process, which does not stop it. */
export function connect(
  access: ControlPlaneAccess,
  stop: () => Promise<void> = async () => undefined,
): ControlPlane {
  return {
    ...access,
    token: access.tokens.admin,
    kubectl: (args, stdin) =>
      runCommand(requirePeer('kubectl'), ['--kubeconfig', access.kubeconfigFile, ...args], {
        ...(stdin === undefined ? {} : { stdin }),
        env: { HOME: access.folder, KUBECACHEDIR: join(access.folder, 'kubectl-cache') },
      }),
    stop,
  }
}
