import type { Connection } from '../fleet/cluster.ts'
import { isJsonObject, textAt } from '../manifest/object.ts'
import { createFluxGuard } from '../reconcile/refuse-flux.ts'
import { messageOf } from '../status/error.ts'
import { type OpenOptions, openCluster } from './open-cluster.ts'

export type Probe = { readonly facts: readonly string[]; readonly faults: readonly string[] }

/** Looks whether a cluster answers, which version it is, and whether Flux's controllers run there. Writes nothing. */
export async function probeCluster(
  name: string,
  connection: Connection,
  options: OpenOptions,
): Promise<Probe> {
  if (connection.type === 'sandbox')
    return { facts: ['sandbox, there while serve runs'], faults: [] }
  try {
    const { client, close } = await openCluster(name, connection, options)
    try {
      const { body } = await client.request({ method: 'GET', path: '/version', timeoutMs: 10_000 })
      const version = isJsonObject(body) ? textAt(body, 'gitVersion') : ''
      const clusters = {
        find: async () => undefined,
        connect: async () => client,
        connectRemote: async () => client,
      }
      await createFluxGuard(clusters, () => new Date())(name)
      return { facts: [`answers, Kubernetes ${version}`, 'runs no Flux controllers'], faults: [] }
    } finally {
      close()
    }
  } catch (thrown) {
    return { facts: [], faults: [messageOf(thrown)] }
  }
}
