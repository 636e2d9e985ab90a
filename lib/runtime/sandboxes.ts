import { join } from 'node:path'
import type { Transport } from '../cluster/transport.ts'
import { createSandboxCluster, type SandboxCluster } from '../sandbox/kubernetes/sandbox-cluster.ts'

/** The in-process clusters of `connection: { sandbox: {} }`, one a name, each with a journal of its own. */
export type Sandboxes = {
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
  return {
    get,
    open: async (cluster) => get(cluster).transport,
    close: async () => {
      for (const sandbox of sandboxes.values()) await sandbox.close()
    },
  }
}
