import { createClusterClient } from '../cluster/client.ts'
import type { HttpsTransport } from '../cluster/https.ts'
import { kubeconfigText, transportFromContext, transportFromSecret } from '../cluster/kubeconfig.ts'
import type { Connection } from '../fleet/cluster.ts'
import { isJsonObject, textAt } from '../manifest/object.ts'
import type { SecretReader } from '../reconcile/ports.ts'
import { createFluxGuard } from '../reconcile/refuse-flux.ts'
import { messageOf } from '../status/error.ts'

export type Probe = { readonly facts: readonly string[]; readonly faults: readonly string[] }

type ProbeOptions = { readonly secretStore: SecretReader; readonly kubeconfigFile?: string }

/** Looks whether a cluster answers, which version it is, and whether Flux's controllers run there. Writes nothing. */
export async function probeCluster(connection: Connection, options: ProbeOptions): Promise<Probe> {
  if (connection.type === 'sandbox') return { facts: ['sandbox, always there'], faults: [] }
  let transport: HttpsTransport | undefined
  try {
    transport = await open(connection, options)
    const client = createClusterClient(transport, { retryBudgetMs: 2_000 })
    const { body } = await client.request({ method: 'GET', path: '/version', timeoutMs: 10_000 })
    const version = isJsonObject(body) ? textAt(body, 'gitVersion') : ''
    const clusters = {
      find: async () => undefined,
      connect: async () => client,
      connectRemote: async () => client,
    }
    await createFluxGuard(clusters, () => new Date(0))('this')
    return { facts: [`answers, Kubernetes ${version}`, 'runs no Flux controllers'], faults: [] }
  } catch (thrown) {
    return { facts: [], faults: [messageOf(thrown)] }
  } finally {
    transport?.close()
  }
}

async function open(
  connection: Exclude<Connection, { readonly type: 'sandbox' }>,
  { secretStore, kubeconfigFile }: ProbeOptions,
): Promise<HttpsTransport> {
  if (connection.type === 'context') return transportFromContext(connection.context, kubeconfigFile)
  if (connection.type === 'eks') throw new Error('an EKS cluster can be checked from AWS only')
  const data = await secretStore.read(connection.secretName)
  if (data === undefined) throw new Error(`the fleet's secrets hold no '${connection.secretName}'`)
  return transportFromSecret(kubeconfigText(data, connection.key))
}
