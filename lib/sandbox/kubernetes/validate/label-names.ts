/** What is wrong with names, in the words of the API server; empty where all is well. */
type Faults = readonly string[]

const example = (texts: string, pattern: string): string =>
  `(e.g. ${texts}, regex used for validation is '${pattern}')`

const namePattern = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const nameExample = example("'MyName',  or 'my.name',  or '123-abc'", namePattern)
const nameRule = `must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${nameExample}`
const valueRule = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character ${example("'MyValue',  or 'my_value',  or '12345'", `(${namePattern})?`)}`
const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const subdomainRule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character ${example("'example.com'", `${label}(\\.${label})*`)}`
const labelRule = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character ${example("'my-name',  or '123-abc'", label)}`

/** `name` or `prefix.example.com/name`. */
export function qualifiedNameFaults(key: string): Faults {
  const parts = key.split('/')
  if (parts.length > 2) {
    return [
      `a valid label key ${nameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  }
  const name = parts.at(-1) ?? ''
  const [prefix] = parts.length === 2 ? parts : []
  return [
    ...(prefix === undefined ? [] : prefixFaults(prefix)),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name) ? [] : [`name part ${nameRule}`]),
  ]
}

function prefixFaults(prefix: string): Faults {
  if (prefix === '') return ['prefix part must be non-empty']
  return subdomainFaults(prefix).map((fault) => `prefix part ${fault}`)
}

export function labelValueFaults(value: string): Faults {
  return [
    ...(value.length > 63 ? ['must be no more than 63 bytes'] : []),
    ...(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value) ? [] : [valueRule]),
  ]
}

export function subdomainFaults(name: string): Faults {
  const isValid = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(name)
  return [
    ...(name.length > 253 ? ['must be no more than 253 bytes'] : []),
    ...(isValid ? [] : [subdomainRule]),
  ]
}

export function dnsLabelFaults(name: string): Faults {
  return [
    ...(name.length > 63 ? ['must be no more than 63 bytes'] : []),
    ...(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) ? [] : [labelRule]),
  ]
}

const keyRule = `a valid config key must consist of alphanumeric characters, '-', '_' or '.' ${example("'key.name',  or 'KEY_NAME',  or 'key-name'", '[-._a-zA-Z0-9]+')}`

/** A key of a ConfigMap or Secret. */
export function configKeyFaults(key: string): Faults {
  const faults = [
    ...(key.length > 253 ? ['must be no more than 253 characters'] : []),
    ...(/^[-._a-zA-Z0-9]+$/.test(key) ? [] : [keyRule]),
  ]
  if (key === '.') return [...faults, "must not be '.'"]
  if (key === '..') return [...faults, "must not be '..'"]
  return key.startsWith('..') ? [...faults, "must not start with '..'"] : faults
}

/** The name of a port that others refer to. */
export function portNameFaults(name: string): Faults {
  return [
    ...(name.length > 15 ? ['must be no more than 15 characters'] : []),
    ...(/^[-a-z0-9]+$/.test(name)
      ? []
      : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
    ...(/[a-z]/.test(name) ? [] : ['must contain at least one letter (a-z)']),
    ...(name.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(/^-|-$/.test(name) ? ['must not begin or end with a hyphen'] : []),
  ]
}
