import type { ChangeSet, FieldChange } from '../inventory/change-set.ts'
import { formatRef } from '../manifest/object.ts'
import type { EventChange, EventField } from '../status/event.ts'

/** So many objects are told with their fields, so many fields of each, and so much of a value: it is kept with each event. */
const maxDetailed = 50
const maxFields = 10
const maxValueLength = 120

/** What events and the last change tell of a change set: what was really done, at most so much; drift with its fields. */
export function toldChanges(changes: ChangeSet, limit = 500): readonly EventChange[] {
  const done = changes.filter(({ action }) => action !== 'unchanged' && action !== 'skipped')
  return done.slice(0, limit).map(({ ref, action, fields, isDrift }, index) => ({
    subject: formatRef(ref),
    action,
    ...(isDrift === true && fields !== undefined && index < maxDetailed
      ? { fields: fields.slice(0, maxFields).map(shortened) }
      : {}),
  }))
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
