import type { Fields } from './fields.ts'
import { type GitRef, gitUrlRule } from './git-repository.ts'
import { optional } from './optional.ts'
import { type PruneGuard, pruneGuards } from './prune-guard.ts'

/** A registered Kubernetes API: design.md §2. */
export type ClusterSpec = {
  readonly connection: Connection
  readonly sync?: SyncSpec
  readonly tenancy: 'open' | 'locked'
  readonly fieldValidation: 'Warn' | 'Strict'
  /** `apply` sends Flux's own components to the cluster instead of leaving them out. */
  readonly fluxComponents: 'skip' | 'apply'
  readonly prune: PruneRules
  /** Remote files and bases are fetched from these alone: `github.com`, `*.corp.example`, `git.example:8443`. */
  readonly remoteHosts: readonly string[]
}

/** What may be deleted without a word in the Kustomization. */
export type PruneRules = {
  /** A commit that takes away more of an inventory than this is not pruned unless it is allowed; no limit where absent. */
  readonly maxPercent?: number
  /** Guards that are lifted for the whole cluster. */
  readonly allow: readonly PruneGuard[]
}

export type Connection =
  | { readonly type: 'kubeConfig'; readonly secretName: string; readonly key?: string }
  | { readonly type: 'eks'; readonly name: string; readonly region: string }
  | { readonly type: 'context'; readonly context: string }
  | { readonly type: 'sandbox' }

/** What flux-system/gotk-sync.yaml says. */
export type SyncSpec = {
  readonly source: SyncSource
  readonly path: string
  readonly intervalMs: number
  readonly isPruned: boolean
}

export type SyncSource =
  | {
      readonly kind: 'GitRepository'
      readonly url: string
      readonly ref: GitRef
      readonly secretName?: string
    }
  | {
      readonly kind: 'Bucket'
      readonly bucketName: string
      readonly endpoint: string
      readonly region?: string
      readonly prefix: string
      readonly isInsecure: boolean
      readonly provider: 'generic' | 'aws'
      readonly secretName?: string
    }

const connectionTypes = ['kubeConfig', 'eks', 'context', 'sandbox'] as const

/** Both end up in the address and the signature of a request: nothing else may stand there. */
const eksNameRule = {
  pattern: /^[0-9A-Za-z][\w-]{0,99}$/,
  remedy: 'write the name of the EKS cluster, without its ARN',
}
const regionRule = {
  pattern: /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/,
  remedy: 'write a region such as eu-west-1',
}

export function readCluster(spec: Fields): ClusterSpec {
  const sync = spec.section('sync')
  return {
    connection: readConnection(spec),
    ...optional('sync', sync === undefined ? undefined : readSync(sync)),
    tenancy: spec.choice('tenancy', ['open', 'locked']) ?? 'open',
    fieldValidation: spec.choice('fieldValidation', ['Warn', 'Strict']) ?? 'Warn',
    fluxComponents: spec.section('flux')?.choice('components', ['skip', 'apply']) ?? 'skip',
    prune: readPruneRules(spec.section('prune')),
    remoteHosts: readHosts(spec.section('remoteBases')),
  }
}

function readPruneRules(prune: Fields | undefined): PruneRules {
  return {
    ...optional('maxPercent', prune?.wholeNumber('maxPercent', { least: 1, most: 100 })),
    allow: prune === undefined ? [] : readAllowed(prune),
  }
}

function readHosts(remoteBases: Fields | undefined): readonly string[] {
  const hosts = remoteBases?.texts('hosts') ?? []
  for (const host of hosts.filter((name) => !hostPattern.test(name))) {
    const remedy = 'write a host such as github.com, *.corp.example or git.example:8443'
    remoteBases?.fault('hosts', `'${host.slice(0, 80)}' is no host`, remedy)
  }
  return hosts
}

const hostPattern = /^(?:\*\.)?[\w-]+(?:\.[\w-]+)*(?::\d{1,5})?$|^\[[\da-f:.]+\](?::\d{1,5})?$/i

function readAllowed(prune: Fields): readonly PruneGuard[] {
  return prune.texts('allow').flatMap((word) => {
    const guard = pruneGuards.find((known) => known === word)
    if (guard !== undefined) return [guard]
    prune.fault('allow', `'${word.slice(0, 80)}' is unknown`, `write ${pruneGuards.join(', ')}`)
    return []
  })
}

function readConnection(spec: Fields): Connection {
  const connection = spec.requiredSection('connection')
  const given = connectionTypes.filter((type) => connection.has(type))
  if (given.length !== 1) {
    const message = given.length === 0 ? 'names no connection' : `names ${given.join(' and ')}`
    spec.fault('connection', message, `give exactly one of ${connectionTypes.join(', ')}`)
  }
  const secretRef = connection.section('kubeConfig')?.requiredSection('secretRef')
  if (secretRef !== undefined) {
    const secretName = secretRef.requiredText('name')
    return { type: 'kubeConfig', secretName, ...optional('key', secretRef.text('key')) }
  }
  const eks = connection.section('eks')
  if (eks !== undefined) {
    const name = eks.requiredText('name', eksNameRule)
    return { type: 'eks', name, region: eks.requiredText('region', regionRule) }
  }
  if (connection.has('context')) {
    return { type: 'context', context: connection.requiredText('context') }
  }
  connection.section('sandbox')
  return { type: 'sandbox' }
}

function readSync(sync: Fields): SyncSpec {
  return {
    source: readSyncSource(sync.requiredSection('source')),
    path: sync.text('path') ?? '',
    intervalMs: sync.durationMs('interval') ?? 600_000,
    isPruned: sync.flag('prune') ?? true,
  }
}

function readSyncSource(source: Fields): SyncSource {
  const secret = optional('secretName', source.section('secretRef')?.requiredText('name'))
  if (source.choice('kind', ['GitRepository', 'Bucket']) === 'Bucket') {
    return {
      kind: 'Bucket',
      bucketName: source.requiredText('bucketName'),
      endpoint: source.requiredText('endpoint'),
      ...optional('region', source.text('region')),
      prefix: source.text('prefix') ?? '',
      isInsecure: source.flag('insecure') ?? false,
      provider: source.choice('provider', ['generic', 'aws']) ?? 'generic',
      ...secret,
    }
  }
  const ref = source.section('ref')
  return {
    kind: 'GitRepository',
    url: source.requiredText('url', gitUrlRule),
    ref: {
      ...optional('branch', ref?.text('branch')),
      ...optional('tag', ref?.text('tag')),
      ...optional('semver', ref?.text('semver')),
      ...optional('name', ref?.text('name')),
      ...optional('commit', ref?.text('commit')),
    },
    ...secret,
  }
}
