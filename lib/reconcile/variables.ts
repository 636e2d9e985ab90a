import type { ClusterClient } from '../cluster/client.ts'
import type { PostBuild, SubstituteRef } from '../fleet/kustomization.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import { type ConfigPorts, readConfig } from './read-config.ts'
import { ReconcileError } from './reconcile-error.ts'

/**
 * The variables of `postBuild`: `substitute` beats `substituteFrom`, of which later ones beat earlier ones.
 * Line breaks are removed from every value, as Flux does. Source: fluxcd/pkg/kustomize kustomize_varsub.go.
 */
export async function readVariables(
  ports: ConfigPorts,
  client: Pick<ClusterClient, 'find'>,
  id: Pick<ObjectId, 'cluster' | 'namespace'>,
  postBuild: PostBuild,
): Promise<ReadonlyMap<string, string>> {
  const variables = new Map<string, string>()
  for (const ref of postBuild.substituteFrom) {
    for (const [key, value] of await readSource(ports, client, id, ref)) {
      variables.set(key, withoutLineBreaks(new TextDecoder().decode(value)))
    }
  }
  for (const [key, value] of Object.entries(postBuild.substitute)) {
    variables.set(key, withoutLineBreaks(value))
  }
  return variables
}

async function readSource(
  ports: ConfigPorts,
  client: Pick<ClusterClient, 'find'>,
  { cluster, namespace }: Pick<ObjectId, 'cluster' | 'namespace'>,
  ref: SubstituteRef,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = await readConfig(ports, client, {
    kind: ref.kind,
    cluster,
    namespace,
    name: ref.name,
  })
  if (found !== undefined || ref.isOptional) return found ?? new Map()
  const resource = ref.kind === 'Secret' ? 'secrets' : 'configmaps'
  const message = `substitute from '${ref.kind}/${ref.name}' error: ${resource} "${ref.name}" not found`
  throw new ReconcileError('BuildFailed', 'VariablesNotFound', message, {
    data: { kind: ref.kind, namespace, name: ref.name },
    retryable: true,
  })
}

function withoutLineBreaks(value: string): string {
  return value.replaceAll('\n', '')
}
