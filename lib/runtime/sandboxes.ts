import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Transport } from '../cluster/transport.ts'
import { createSandboxCluster, type SandboxCluster } from '../sandbox/kubernetes/sandbox-cluster.ts'

/** The in-process clusters of `connection: { sandbox: {} }`, one a name, each with a journal of its own. */
export type Sandboxes = {
  /** The cluster's API in this process; for kubectl and the command line it also listens, see `sandboxKubeconfig`. */
  readonly open: (cluster: string) => Promise<Transport>
  readonly get: (cluster: string) => SandboxCluster
  readonly close: () => Promise<void>
}

export function createSandboxes(directory: string): Sandboxes {
  const sandboxes = new Map<string, SandboxCluster>()
  const get = (cluster: string): SandboxCluster => {
    const known = sandboxes.get(cluster)
    if (known !== undefined) return known
    const created = createSandboxCluster({ journalDirectory: join(directory, cluster) })
    sandboxes.set(cluster, created)
    return created
  }
  const listen = async (cluster: string): Promise<void> => {
    const { kubeconfigText } = await get(cluster).listen()
    mkdirSync(directory, { recursive: true })
    await writeFile(sandboxKubeconfig(directory, cluster), kubeconfigText, { mode: 0o600 })
  }
  return {
    get,
    open: async (cluster) => {
      const isNew = !sandboxes.has(cluster)
      const { transport } = get(cluster)
      if (isNew) await listen(cluster)
      return transport
    },
    close: async () => {
      for (const sandbox of sandboxes.values()) await sandbox.close()
    },
  }
}

/** Where the kubeconfig of a sandbox that is open lies. */
export function sandboxKubeconfig(directory: string, cluster: string): string {
  return join(directory, `${cluster}.kubeconfig`)
}
