import { createFields, type FieldFault, type Fields } from '../../lib/fleet/fields.ts'
import type { JsonObject } from '../../lib/manifest/object.ts'

/** What a reader makes of a spec, and every fault as `field message`; notices with a question mark. */
export function readSpec<T>(
  read: (spec: Fields) => T,
  spec: JsonObject,
): { readonly value: T; readonly faults: readonly string[] } {
  const found: FieldFault[] = []
  const fields = createFields(spec, 'spec', found)
  const value = read(fields)
  fields.finish()
  const faults = found.map(
    ({ severity, field, message }) => `${field} ${message}${severity === 'notice' ? '?' : ''}`,
  )
  return { value, faults }
}
