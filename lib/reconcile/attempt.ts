import type { Commit } from './object-status.ts'

/** How far a run over a Kustomization came, in the stages that Flux's progress messages name. */
export type Stage = 'fetch' | 'build' | 'apply' | 'health'

/** What a run tried until now: what its failure is told with. */
export type Attempt = {
  readonly revision?: string
  readonly commit?: Commit
  /** Absent before the source and what it depends on were ready. */
  readonly stage?: Stage
  /** Of what was built, where anything was applied. */
  readonly digest?: string
  /** Where it began before this look: the look that applied what is watched. */
  readonly startedAt?: Date
}

export type AttemptLog = {
  readonly current: () => Attempt
  readonly note: (more: Attempt) => void
}

export function createAttemptLog(): AttemptLog {
  let attempt: Attempt = {}
  return {
    current: () => attempt,
    note: (more) => {
      attempt = { ...attempt, ...more }
    },
  }
}

const progress: Readonly<Record<Stage, string>> = {
  fetch: 'Fetching manifests',
  build: 'Building manifests',
  apply: 'Detecting drift',
  health: 'Running health checks',
}

/** What Flux's Reconciling condition says at that stage. Source: kustomize-controller's kustomization_controller.go. */
export function progressOf(stage: Stage, revision: string, timeout: string): string {
  return `${progress[stage]} for revision ${revision} with a timeout of ${timeout}`
}
