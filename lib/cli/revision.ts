import { createTree } from '../artifact/tree.ts'
import type { ClusterClient } from '../cluster/client.ts'
import type { GitRef, GitRepositorySpec } from '../fleet/git-repository.ts'
import { createAddressCheck } from '../http/address-policy.ts'
import { createOutbound } from '../http/outbound.ts'
import { mask } from '../log/redact.ts'
import type { ConfigPorts } from '../reconcile/read-config.ts'
import { readConfig } from '../reconcile/read-config.ts'
import { type CliContext, ExitError } from './context.ts'
import type { FolderInTree, LocalKustomization } from './local-kustomization.ts'

/** The tree of a revision of what a Kustomization builds from, fetched anew with the source's own credentials. */
export async function openRevision(
  { output }: CliContext,
  kustomization: LocalKustomization,
  revision: string,
  client: Pick<ClusterClient, 'find'>,
  ports: ConfigPorts,
): Promise<FolderInTree> {
  const { source, spec } = kustomization
  const { kind, name } = spec.sourceRef
  if (source?.type !== 'GitRepository') {
    const problem = 'there is no GitRepository to fetch it from'
    throw new ExitError(2, `--revision: ${problem}; ${kind} ${name}`)
  }
  if (source.spec.url.includes(mask)) {
    const problem = `the URL of GitRepository ${name} holds a secret`
    throw new ExitError(2, `--revision: ${problem}; use --path`)
  }
  const credentials = await readCredentials(source.spec, source.id, client, ports)
  const outbound = createOutbound({ checkAddress: createAddressCheck({ allowPrivate: true }) })
  try {
    const { fetchSource } = await import('../source/fetch.ts')
    const followed = { ...source.spec, ref: refOfRevision(revision) }
    const outcome = await fetchSource({ type: 'GitRepository', spec: followed }, undefined, {
      outbound,
      ...(credentials === undefined ? {} : { credentials }),
    })
    if (outcome.kind === 'unchanged') throw new ExitError(2, `--revision ${revision}: not fetched`)
    output.action(`fetched revision ${outcome.source.revision}`)
    const tree = createTree(outcome.source.files)
    const path = spec.path
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/')
    if (tree.kindOf(path) === 'folder') return { tree, path }
    throw new ExitError(2, `--revision ${revision} has no folder ${spec.path}`)
  } finally {
    outbound.close()
  }
}

/** `main@sha1:<commit>`, a commit, `refs/…`, or else a branch. */
export function refOfRevision(revision: string): GitRef {
  const commit = /(?:^|[@:])([0-9a-f]{40})$/.exec(revision)?.[1]
  if (commit !== undefined) return { commit }
  return revision.startsWith('refs/') ? { name: revision } : { branch: revision }
}

async function readCredentials(
  { secretName }: GitRepositorySpec,
  { cluster, namespace }: LocalKustomization['id'],
  client: Pick<ClusterClient, 'find'>,
  ports: ConfigPorts,
): Promise<ReadonlyMap<string, Uint8Array> | undefined> {
  if (secretName === undefined) return undefined
  const ref = { kind: 'Secret' as const, cluster, namespace, name: secretName }
  const found = await readConfig(ports, client, ref)
  if (found !== undefined) return found
  throw new ExitError(2, `--revision: Secret ${namespace}/${secretName} is nowhere to be found`)
}
