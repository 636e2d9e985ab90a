import {
  type ChangeSet,
  formatChanges,
  formatDeletions,
  formatDrift,
  hasChanges,
} from '../inventory/change-set.ts'
import { emit } from './emit.ts'
import type { ReadySource } from './gate.ts'
import type { KustomizationObject, Run } from './run.ts'
import { toldChanges } from './told-changes.ts'

/**
 * Tells what changed, in Flux's form: one event of lines `Kind/ns/name created`, whose reason is the Ready condition's
 * at that moment, Progressing. Drift that was repaired is told apart from what Git changed, with its fields.
 * Source: kustomize-controller's kustomization_controller.go.
 */
export async function reportChanges(
  run: Run<KustomizationObject>,
  source: ReadySource,
  changes: ChangeSet,
): Promise<void> {
  const drift = changes.filter(({ isDrift }) => isDrift === true)
  const others = changes.filter(({ isDrift }) => isDrift !== true)
  await reportList(run, source, drift, formatDrift(drift), true)
  await reportList(run, source, others, formatChanges(others), false)
}

/** Tells what was pruned, with what had to stay; once, as nothing of it is owned from then on. */
export async function reportDeletions(
  run: Run<KustomizationObject>,
  source: ReadySource,
  deletions: ChangeSet,
): Promise<void> {
  if (deletions.length === 0) return
  await tellList(run, source, deletions, formatDeletions(deletions), false)
}

async function reportList(
  run: Run<KustomizationObject>,
  source: ReadySource,
  changes: ChangeSet,
  message: string,
  isDrift: boolean,
): Promise<void> {
  if (hasChanges(changes)) await tellList(run, source, changes, message, isDrift)
}

async function tellList(
  run: Run<KustomizationObject>,
  source: ReadySource,
  changes: ChangeSet,
  message: string,
  isDrift: boolean,
): Promise<void> {
  await emit(run.ports, run.target, {
    severity: 'info',
    reason: 'Progressing',
    message: message.trimEnd(),
    metadata: { revision: source.artifact.revision },
    commit: source.commit,
    ...toldChanges(changes),
    ...(isDrift ? { isDrift } : {}),
  })
}

/** Warnings of the builder and of the API server: an event, where there are any. */
export async function reportWarnings(
  run: Run<KustomizationObject>,
  source: ReadySource,
  warnings: readonly string[],
): Promise<void> {
  if (warnings.length === 0) return
  const shown = warnings.slice(0, 20).join('\n')
  const rest = warnings.length > 20 ? `\n… and ${warnings.length - 20} more` : ''
  await emit(run.ports, run.target, {
    severity: 'trace',
    reason: 'Progressing',
    message: `Warnings:\n${shown}${rest}`,
    metadata: { revision: source.artifact.revision },
  })
}
