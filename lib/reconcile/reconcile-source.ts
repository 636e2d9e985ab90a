import { rfc3339 } from '../status/condition.ts'
import { mark, markReady } from './conditions.ts'
import { emit } from './emit.ts'
import { enqueue } from './enqueue.ts'
import type { ObjectStatus } from './object-status.ts'
import type { Fetched, PreviousArtifact, SourceObject } from './ports.ts'
import { readConfig } from './read-config.ts'
import { ReconcileError } from './reconcile-error.ts'
import type { NextLook, Run } from './run.ts'

/**
 * Reads what a source points at now; a new revision is fetched, kept, and told to all who build from it.
 * Whatever a webhook claimed, the ref is read again.
 * Source: source-controller docs/spec/v1/gitrepositories.md and buckets.md.
 */
export async function reconcileSource(run: Run<SourceObject>): Promise<NextLook> {
  const { ports, target, status } = run
  const before = status.current()
  const fetched = await ports.sources.fetch({
    source: target,
    credentials: await readCredentials(run),
    previous: previousOf(before),
    signal: run.signal,
    askedAt: run.request.requestedAt,
  })
  const hasNewContent = before.artifact?.digest !== fetched.digest
  await run.checkLease()
  await status.save(statusWith(run, fetched))
  await announce(run)
  if (hasNewContent) await tellNewArtifact(run, fetched)
  else await tellRecovery(run, before, fetched)
  return { afterMs: target.spec.intervalMs, cause: 'interval' }
}

/** Killed between artifact and announcement, the next look makes up for it. */
async function announce({ ports, target, status }: Run<SourceObject>): Promise<void> {
  const revision = status.current().artifact?.revision
  if (revision === undefined || revision === status.current().announcedRevision) return
  await enqueue(ports, await ports.registry.usersOf(target.id), 'source')
  await status.save({ ...status.current(), announcedRevision: revision })
}

function previousOf(status: ObjectStatus): PreviousArtifact | undefined {
  const { artifact, fetchRules, credentialBinding } = status
  if (artifact === undefined) return undefined
  return {
    ...artifact,
    ...(fetchRules === undefined ? {} : { rules: fetchRules }),
    ...(credentialBinding === undefined ? {} : { binding: credentialBinding }),
  }
}

function statusWith({ ports, status, target, startedAt }: Run<SourceObject>, fetched: Fetched) {
  const now = ports.now()
  const before = status.current()
  const { revision, digest, sizeBytes, commit } = fetched
  const isSame = before.artifact?.revision === revision && before.artifact.digest === digest
  const lastUpdateTime = (isSame ? before.artifact?.lastUpdateTime : undefined) ?? rfc3339(now)
  const verdict = {
    reason: 'Succeeded' as const,
    message: `stored artifact for revision '${revision}'`,
    generation: target.record.generation,
  }
  const ready: ObjectStatus = {
    ...markReady(before, verdict, now),
    artifact: { revision, digest, sizeBytes, lastUpdateTime },
    ...(commit === undefined ? {} : { commit }),
    fetchRules: fetched.rules,
    ...(fetched.binding === undefined ? {} : { credentialBinding: fetched.binding }),
    lastRun: { at: rfc3339(now), durationMs: now.getTime() - startedAt.getTime() },
  }
  return mark(ready, 'ArtifactInStorage', 'True', verdict, now)
}

/**
 * Only when the content changed: an empty commit is a new revision and no news.
 * Source: Flux's controllers, as they run.
 */
async function tellNewArtifact(
  { ports, target }: Run<SourceObject>,
  fetched: Fetched,
): Promise<void> {
  const { revision, digest, commit, fileCount } = fetched
  const message =
    target.type === 'Bucket'
      ? `stored artifact with ${fileCount} fetched files from '${target.spec.bucketName}' bucket`
      : `stored artifact for commit '${shortSubject(commit?.subject ?? revision)}'`
  const metadata = { revision, digest }
  await emit(ports, target, { severity: 'info', reason: 'NewArtifact', message, metadata, commit })
}

async function tellRecovery(
  { ports, target }: Run<SourceObject>,
  before: ObjectStatus,
  { revision, digest }: Fetched,
): Promise<void> {
  const hadFailed = before.conditions.some(
    ({ type, status }) => type === 'Ready' && status === 'False',
  )
  if (!hadFailed) return
  const message = `stored artifact for commit '${revision}'`
  const metadata = { revision, digest }
  await emit(ports, target, { severity: 'info', reason: 'Succeeded', message, metadata })
}

function shortSubject(subject: string): string {
  return subject.length > 50 ? `${subject.slice(0, 50)}...` : subject
}

async function readCredentials({ ports, target }: Run<SourceObject>) {
  const { secretName } = target.spec
  if (secretName === undefined) return undefined
  const { cluster, namespace } = target.id
  const client = await ports.clusters.connect(cluster)
  const ref = { kind: 'Secret' as const, cluster, namespace, name: secretName }
  const found = await readConfig(ports, client, ref)
  if (found !== undefined) return found
  const place = `failed to get secret '${namespace}/${secretName}'`
  // Twice: these are Flux's own words.
  const message = `${place}: ${place}: secrets "${secretName}" not found`
  throw new ReconcileError('AuthenticationFailed', 'SecretNotFound', message, { retryable: true })
}
