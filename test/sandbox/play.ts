import type { ClusterResponse, Transport } from '../../lib/cluster/transport.ts'
import { isJsonObject, type Json } from '../../lib/manifest/object.ts'
import type { Scenario } from './scenarios/requests.ts'

/** What a server answered to each step, with all that differs from run to run named by its first appearance. */
export async function play(
  transport: Transport,
  namespace: string,
  { steps }: Scenario,
): Promise<readonly Json[]> {
  const normalize = createNormalizer(namespace)
  const answers: Json[] = []
  for (const step of steps) {
    const inNamespace = (text: string): string => text.replaceAll('NAMESPACE', namespace)
    const body = step.body === undefined ? {} : { body: inBody(step.body, inNamespace) }
    const response = await transport({ ...step, ...body, path: inNamespace(step.path) })
    answers.push(normalize(response))
  }
  return answers
}

function inBody(body: Json, change: (text: string) => string): Json {
  const parsed: Json = JSON.parse(change(JSON.stringify(body)))
  return parsed
}

/** Versions and uids become `version-1`, `uid-1`, … so that what is equal stays equal. */
function createNormalizer(namespace: string): (response: ClusterResponse) => Json {
  const names = new Map<string, Map<string, string>>()
  const named = (kind: string, value: string): string => {
    const ofKind = names.get(kind) ?? new Map<string, string>()
    names.set(kind, ofKind)
    const known = ofKind.get(value) ?? `${kind}-${ofKind.size + 1}`
    ofKind.set(value, known)
    return known
  }
  const visitText = (value: string, key: string): string => {
    if (key === 'resourceVersion' || key === 'uid') return named(key, value)
    // Conflicts with several managers are told in any order; the causes hold the same.
    if (/^Apply failed with \d+ conflicts/.test(value)) return value.split(':', 1)[0] ?? ''
    return value
      .replaceAll(namespace, 'NAMESPACE')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME')
      .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (uid) => named('uid', uid))
  }
  const visit = (value: Json, key: string): Json => {
    if (typeof value === 'string') return visitText(value, key)
    if (Array.isArray(value)) {
      const items = value.map((item: Json) => visit(item, key))
      // Entries are in order of their times, and a second may pass between two steps of one server only.
      return key === 'managedFields' || key === 'causes' ? items.sort(byText) : items
    }
    if (!isJsonObject(value)) return value
    const isList = typeof value.kind === 'string' && value.kind.endsWith('List')
    const entries = Object.entries(value)
      .filter(([name]) => !hidden.has(name))
      .map(([name, child]) => [name, isList && name === 'metadata' ? {} : visit(child, name)])
    return Object.fromEntries(entries.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)))
  }
  return ({ status, body, warnings }) => ({ status, body: visit(body, ''), warnings })
}

function byText(left: Json, right: Json): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1
}

/** Given out by the server as it likes. */
const hidden: ReadonlySet<string> = new Set(['clusterIP', 'clusterIPs', 'nodePort'])
