import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HttpsTransport } from '../lib/cluster/https.ts'
import { transportFromSecret } from '../lib/cluster/kubeconfig.ts'
import {
  type ControlPlane,
  controlPlanePeers,
  startControlPlane,
} from '../test/peers/control-plane.ts'
import { missingPeers, remedy } from '../test/peers/peers.ts'
import type { PeerName } from '../test/peers/pins.ts'

/** What is measured on a real kube-apiserver stands here: the server, a transport to it, and a folder for the rest. */
export type Bench = {
  readonly controlPlane: ControlPlane
  readonly transport: HttpsTransport
  readonly directory: string
  /** Throws where kubectl fails. */
  readonly kubectl: (args: readonly string[], stdin?: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Ends the process with the remedy where a program that is needed is not installed. */
export async function openBench(peers: readonly PeerName[]): Promise<Bench> {
  const missing = missingPeers([...controlPlanePeers, ...peers])
  if (missing.length > 0) {
    console.error(`✗ ${remedy(missing)}`)
    process.exit(1)
  }
  const directory = await mkdtemp(join(tmpdir(), 'driftless-bench-'))
  const controlPlane = await startControlPlane()
  const transport = await transportFromSecret(controlPlane.kubeconfig)
  return {
    controlPlane,
    transport,
    directory,
    kubectl: async (args, stdin) => {
      const { code, stderr } = await controlPlane.kubectl(args, stdin)
      if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    },
    close: async () => {
      transport.close()
      await controlPlane.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
