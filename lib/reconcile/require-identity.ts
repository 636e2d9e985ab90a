import { formatRef, type KubeObject, refOf } from '../manifest/object.ts'
import { ReconcileError } from './reconcile-error.ts'

const namePattern = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/
const kindPattern = /^[A-Za-z][A-Za-z0-9]{0,62}$/

/**
 * Throws where an object of the fleet has a kind or a name that no object can have: before anything is written, and in
 * a word about that object. Its name becomes a key of the state.
 */
export function requireIdentity(objects: readonly KubeObject[]): void {
  for (const object of objects) {
    const ref = refOf(object)
    const { kind, namespace, name } = ref
    const fault =
      faultOf('kind', kind, kindPattern, 'letters and digits') ??
      faultOf(
        'metadata.namespace',
        namespace,
        namePattern,
        'lower case letters, digits, - and .',
      ) ??
      faultOf('metadata.name', name, namePattern, 'lower case letters, digits, - and .')
    if (fault === undefined) continue
    const message = `${formatRef(ref).slice(0, 300)} ${fault}\n`
    throw new ReconcileError('ReconciliationFailed', 'InvalidName', message)
  }
}

function faultOf(
  field: string,
  value: string,
  pattern: RegExp,
  allowed: string,
): string | undefined {
  if (pattern.test(value)) return undefined
  return `${field}: Invalid value: ${JSON.stringify(value.slice(0, 80))}; use ${allowed}`
}
