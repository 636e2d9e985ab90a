import type { KubeObject } from '../../../manifest/object.ts'
import { at, listAt } from '../json.ts'
import { unsupported } from '../options.ts'
import { compareQuantities } from '../quantity.ts'
import { type Cause, invalidValue, requiredValue } from '../status-error.ts'

const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

/** How a PersistentVolumeClaim wants to be used, and how much of it. */
export function validateClaim(object: KubeObject): readonly Cause[] {
  const wanted = listAt(object, 'spec', 'accessModes')
  const storage = at(object, 'spec', 'resources', 'requests', 'storage')
  const field = 'spec.resources[storage]'
  const why = 'must be greater than zero'
  const isEnough = storage !== undefined && compareQuantities(storage, '0') > 0
  return [
    ...(wanted.length === 0
      ? [requiredValue('spec.accessModes', 'at least 1 access mode is required')]
      : []),
    ...wanted
      .filter((mode) => !modes.includes(String(mode)))
      .map((mode) => unsupported('spec.accessModes', mode, modes)),
    ...(storage === undefined ? [requiredValue(field)] : []),
    ...(storage === undefined || isEnough ? [] : [invalidValue(field, storage, why)]),
  ]
}
