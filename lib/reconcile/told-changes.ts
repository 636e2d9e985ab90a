import type { ChangeSet, FieldChange } from '../inventory/change-set.ts'
import { formatRef } from '../manifest/object.ts'
import type { EventChange, EventField, OmittedChanges } from '../status/event.ts'

/** So many objects are told with their fields, so many fields of each, and so much of a value: it is kept with each event. */
const maxDetailed = 50
const maxFields = 10
const maxValueLength = 120

export type ToldChanges = {
  readonly changes: readonly EventChange[]
  readonly omittedChanges?: OmittedChanges
}

/**
 * What events and the last change tell of a change set: what was really done, at most so much, and how much more; drift
 * with its fields.
 */
export function toldChanges(changes: ChangeSet, limit = 500): ToldChanges {
  const done = changes.filter(({ action }) => action !== 'unchanged' && action !== 'skipped')
  const listed = done.slice(0, limit).map(({ ref, action, fields, isDrift }, index) => ({
    subject: formatRef(ref),
    action,
    ...(isDrift === true && fields !== undefined && index < maxDetailed
      ? { fields: fields.slice(0, maxFields).map(shortened) }
      : {}),
  }))
  const omitted = Map.groupBy(done.slice(limit), ({ action }) => action)
  if (omitted.size === 0) return { changes: listed }
  const counts = [...omitted].map(([action, { length }]) => [action, length])
  return { changes: listed, omittedChanges: Object.fromEntries(counts) }
}

function shortened({ before, after, ...field }: FieldChange): EventField {
  return {
    ...field,
    ...(before === undefined ? {} : { before: cut(before) }),
    ...(after === undefined ? {} : { after: cut(after) }),
  }
}

function cut(value: string): string {
  return value.length > maxValueLength ? `${value.slice(0, maxValueLength)}…` : value
}
