import type { Resource } from '../discovery/resources.ts'
import { type Cause, invalidValue } from '../status-error.ts'

type Rule = { readonly pattern: RegExp; readonly max: number; readonly why: string }

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const example = (text: string, regex: string): string =>
  `(e.g. ${text}, regex used for validation is '${regex}')`

const subdomain: Rule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  max: 253,
  why: `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character ${example("'example.com'", `${label}(\\.${label})*`)}`,
}

const dnsLabel: Rule = {
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  max: 63,
  why: `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character ${example("'my-name',  or '123-abc'", label)}`,
}

const labelled: ReadonlySet<string> = new Set([
  'services',
  'namespaces',
  'limitranges',
  'replicationcontrollers',
])

/** What is wrong with the name of an object, as the API server words it. */
export function checkName(resource: Resource, name: string): readonly Cause[] {
  const field = 'metadata.name'
  if (resource.group === 'rbac.authorization.k8s.io') {
    const isSegment = name !== '.' && name !== '..' && !/[/%]/.test(name)
    return isSegment ? [] : [invalidValue(field, name, "may not contain '/' or '%'")]
  }
  const rule = labelled.has(resource.plural) ? dnsLabel : subdomain
  const causes = rule.pattern.test(name) ? [] : [invalidValue(field, name, rule.why)]
  return name.length > rule.max
    ? [...causes, invalidValue(field, name, `must be no more than ${rule.max} bytes`)]
    : causes
}
