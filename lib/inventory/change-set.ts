import { formatRef, type ObjectRef } from '../manifest/object.ts'

export type Action = 'created' | 'configured' | 'unchanged' | 'deleted' | 'skipped'

/** One field that differs. Values of Secrets are masked before they get here. */
export type FieldChange = {
  /** `spec.template.spec.containers[0].image` */
  readonly path: string
  readonly before?: string
  readonly after?: string
  /** Who set what it was before, and when (RFC 3339), where somebody else's hand is known to have. */
  readonly manager?: string
  readonly since?: string
}

/** What happened, or would happen, to one object. */
export type Change = {
  readonly ref: ObjectRef
  readonly action: Action
  /** Field by field, where action is `configured`. */
  readonly fields?: readonly FieldChange[]
  /** True where the same was wanted before: it differs because somebody changed it in the cluster. */
  readonly isDrift?: boolean
}

export type ChangeSet = readonly Change[]

/** The lines Flux's change events hold: `Kind/ns/name created`, without what stayed as it was. */
export function formatChanges(changes: ChangeSet): string {
  return changes
    .filter(({ action }) => action !== 'unchanged' && action !== 'skipped')
    .map(({ ref, action }) => `${formatRef(ref)} ${action}\n`)
    .join('')
}

export function hasChanges(changes: ChangeSet): boolean {
  return changes.some(({ action }) => action !== 'unchanged' && action !== 'skipped')
}

/** The lines of a prune, as Flux's event holds them: what was deleted, and what was skipped too. */
export function formatDeletions(changes: ChangeSet): string {
  return changes.map(({ ref, action }) => `${formatRef(ref)} ${action}\n`).join('')
}

/** Objects that drifted, each followed by its fields: what it was and becomes, who set it, and since when. */
export function formatDrift(changes: ChangeSet): string {
  const told = changes.slice(0, maxDrifted).map(({ ref, action, fields = [] }) => {
    const lines = fields.slice(0, maxFields).map((field) => `  ${formatField(field)}\n`)
    const more = fields.length > maxFields ? `  … ${fields.length - maxFields} more fields\n` : ''
    return `${formatRef(ref)} ${action}\n${lines.join('')}${more}`
  })
  const rest = changes.length - told.length
  return `${told.join('')}${rest > 0 ? `… ${rest} more objects\n` : ''}`
}

const maxDrifted = 100
const maxFields = 10
const maxValueLength = 120

function formatField({ path, before, after, manager, since }: FieldChange): string {
  const text = (value: string | undefined): string =>
    value === undefined ? '(none)' : oneLine(value)
  const by = manager === undefined ? '' : `, set by ${oneLine(manager)}`
  return `${oneLine(path)}: ${text(before)} → ${text(after)}${by}${since === undefined ? '' : ` since ${since}`}`
}

function oneLine(value: string): string {
  const text = value.replace(/\s+/g, ' ')
  return text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text
}
