import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ClusterClient, createClusterClient } from '../cluster/client.ts'
import type { HttpsTransport } from '../cluster/https.ts'
import { kubeconfigText, transportFromContext, transportFromSecret } from '../cluster/kubeconfig.ts'
import type { Transport } from '../cluster/transport.ts'
import type { Connection } from '../fleet/cluster.ts'
import type { SecretReader } from '../reconcile/ports.ts'
import { sandboxKubeconfig } from './sandboxes.ts'
import { createUserAws } from './user-aws.ts'

export type OpenOptions = {
  readonly secretStore: SecretReader
  readonly stateDirectory: string
  readonly kubeconfigFile?: string
}

export type OpenedCluster = {
  readonly client: ClusterClient
  readonly transport: Transport
  readonly close: () => void
}

/** A client of one cluster for the command line, outside the process that serves. A sandbox is reached where `serve` opened it. */
export async function openCluster(
  name: string,
  connection: Connection,
  options: OpenOptions,
): Promise<OpenedCluster> {
  const transport = await openTransport(name, connection, options)
  return { client: createClusterClient(transport), transport, close: () => transport.close() }
}

/** A client of a context of the user's kubeconfig. */
export async function openContext(
  context: string,
  kubeconfigFile?: string,
): Promise<OpenedCluster> {
  const transport = await transportFromContext(context, kubeconfigFile)
  return { client: createClusterClient(transport), transport, close: () => transport.close() }
}

async function openTransport(
  name: string,
  connection: Connection,
  { secretStore, stateDirectory, kubeconfigFile }: OpenOptions,
): Promise<HttpsTransport> {
  switch (connection.type) {
    case 'context':
      return transportFromContext(connection.context, kubeconfigFile)
    case 'sandbox': {
      const file = sandboxKubeconfig(join(stateDirectory, 'sandbox'), name)
      if (!existsSync(file)) {
        throw new Error(
          `sandbox cluster ${name} is open only while 'driftless serve' runs; start it`,
        )
      }
      return transportFromSecret(await readFile(file, 'utf8'))
    }
    case 'kubeConfig': {
      const data = await secretStore.read(connection.secretName)
      if (data === undefined)
        throw new Error(`the fleet's secrets hold no '${connection.secretName}'`)
      return transportFromSecret(kubeconfigText(data, connection.key))
    }
    case 'eks': {
      const { createEksFinder } = await import('./aws-eks.ts')
      const aws = createUserAws(process.env)
      const findEks = createEksFinder({ ...aws, https: {}, now: () => new Date() })
      return (await findEks(name, connection)).open()
    }
  }
}
