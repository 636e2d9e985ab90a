import type { GitRef } from '../fleet/git-repository.ts'
import type { ObjectId } from '../fleet/object-id.ts'
import { bucketKey, repositoryKey } from '../fleet/repository.ts'
import { type HookReceiver, hookTypes } from '../receiver/flux-receiver.ts'
import type { SourceChange } from '../receiver/verdict.ts'
import { DriftlessError } from '../status/error.ts'
import type { Ports } from './ports.ts'
import { receiversAt as readReceivers } from './reconcile-receiver.ts'
import { isSuspended } from './suspension.ts'

type IndexPorts = Pick<Ports, 'registry' | 'store' | 'sealer'>

/** What the webhook door asks: who follows a change, and which Receivers lie behind a path. */
export type HookIndex = {
  readonly sourcesOf: (change: SourceChange) => Promise<readonly ObjectId[]>
  readonly receiversAt: (digest: string) => Promise<readonly HookReceiver[]>
}

export function createHookIndex(ports: IndexPorts): HookIndex {
  return {
    sourcesOf: (change) => sourcesOf(ports, change),
    receiversAt: (digest) => receiversAt(ports, digest),
  }
}

async function sourcesOf(
  { registry }: IndexPorts,
  change: SourceChange,
): Promise<readonly ObjectId[]> {
  const followed = 'bucket' in change ? bucketKey(change.bucket) : repositoryKey(change.repository)
  if (followed === undefined) return []
  const ids = await registry.followers(followed)
  const found = await Promise.all(ids.map((id) => registry.find(id)))
  return found.flatMap((source) => {
    if (source === undefined) return []
    if ('bucket' in change) {
      const isBelow = source.type === 'Bucket' && change.key.startsWith(source.spec.prefix)
      return isBelow ? [source.id] : []
    }
    const isFollowed = source.type === 'GitRepository' && followsRef(source.spec.ref, change.ref)
    return isFollowed ? [source.id] : []
  })
}

/** Whether a push to `pushed` may move what `ref` points at; without a named ref it may. */
export function followsRef(ref: GitRef, pushed: string | undefined): boolean {
  if (pushed === undefined) return true
  if (ref.commit !== undefined) return false
  if (ref.name !== undefined) return ref.name === pushed
  if (ref.tag !== undefined) return pushed === `refs/tags/${ref.tag}`
  if (ref.semver !== undefined) return pushed.startsWith('refs/tags/')
  return pushed === `refs/heads/${ref.branch ?? 'master'}`
}

async function receiversAt(ports: IndexPorts, digest: string): Promise<readonly HookReceiver[]> {
  const records = await readReceivers(ports.store, digest)
  const receivers = await Promise.all(
    records.map(async ({ id, type, sealedToken, events, resources }) => {
      const target = await ports.registry.find(id)
      const known = hookTypes.find((each) => each === type)
      if (target === undefined || known === undefined) return []
      const token = await openToken(ports, sealedToken, digest)
      if (token === undefined) return []
      const held = await isSuspended(ports.store, target)
      return [{ id, type: known, token, events, resources, isSuspended: held }]
    }),
  )
  return receivers.flat()
}

/** A token that cannot be opened any more shuts one Receiver; those behind the same path stay. */
async function openToken(
  { sealer }: IndexPorts,
  sealed: string,
  digest: string,
): Promise<string | undefined> {
  try {
    return await sealer.open(sealed, digest)
  } catch (thrown) {
    if (thrown instanceof DriftlessError && thrown.code === 'SealBroken') return undefined
    throw thrown
  }
}
