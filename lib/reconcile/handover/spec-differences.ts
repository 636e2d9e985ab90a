import { readFleetObject } from '../../fleet/fleet-object.ts'
import { repositoryKey } from '../../fleet/repository.ts'
import { isJsonObject, type JsonObject, type KubeObject } from '../../manifest/object.ts'

/**
 * Fields of the spec by which two versions of a Flux object would bring about different things. When and as whom they
 * are fetched may differ, and so may the spelling of a repository's URL.
 */
export function specDifferences(a: KubeObject, b: KubeObject): readonly string[] {
  if (meaningOf(a) === meaningOf(b)) return []
  const [left, right] = [specOf(a), specOf(b)]
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort()
  const told = keys.filter(
    (key) => !isFree(a.kind, key) && JSON.stringify(left[key]) !== JSON.stringify(right[key]),
  )
  return told.length === 0 ? ['…'] : told
}

/** When something is fetched, and of a source as whom. */
function isFree(kind: string, key: string): boolean {
  return timing.has(key) || (kind !== 'Kustomization' && access.has(key))
}

const timing: ReadonlySet<string> = new Set(['interval', 'retryInterval', 'timeout', 'suspend'])
const access: ReadonlySet<string> = new Set([
  ...['secretRef', 'provider', 'proxySecretRef', 'certSecretRef', 'serviceAccountName'],
])

/** The spec with all defaults, less what is free to differ, as text. */
function meaningOf(object: KubeObject): string {
  const entries = Object.entries(specOf(object)).filter(([key]) => !isFree(object.kind, key))
  const spec = Object.fromEntries(entries)
  const read = readFleetObject({ ...object, spec: { ...spec, interval: '1m' } }, '')
  if (!('spec' in read)) return JSON.stringify(spec)
  if (read.type === 'Kustomization') {
    return JSON.stringify({
      ...read.spec,
      path: read.spec.path.replace(/^(?:\.?\/)+|\/+$|^\.$/g, ''),
    })
  }
  if (read.type !== 'GitRepository') return JSON.stringify(read.spec)
  return JSON.stringify({ ...read.spec, url: repositoryKey(read.spec.url) ?? read.spec.url })
}

function specOf({ spec }: KubeObject): JsonObject {
  return isJsonObject(spec) ? spec : {}
}
