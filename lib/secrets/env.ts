import { SecretError } from './secret-error.ts'
import { isSecretKey, parseSecretName, type SecretData, type SecretStore } from './secret-store.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Secrets from variables. The name stands in capitals, with `_` for `-` and `.`; so does a key behind two of them:
 * `DRIFTLESS_SECRET_GIT_AUTH__PASSWORD=…` is key `password` of Secret `git-auth`. A key whose case or dots matter stands in
 * JSON: `DRIFTLESS_SECRET_GIT_AUTH='{"ca.crt": "…", "bearerToken": "…"}'`. The keys that Flux knows are recognised in
 * capitals too (`…__CA_CRT`, `…__BEARERTOKEN`). Secrets with a namespace are not looked for here.
 */
export function createEnvSecrets(environment: Environment): SecretStore {
  return {
    read: async (name) => {
      const parsed = parseSecretName(name)
      if (parsed.namespace !== '') return undefined
      const variable = `${prefix}${capitals(parsed.name)}`
      const data = new Map([
        ...keysInJson(variable, environment[variable]),
        ...keysInVariables(variable, environment),
      ])
      return data.size === 0 ? undefined : data
    },
  }
}

const prefix = 'DRIFTLESS_SECRET_'

/** Keys that Flux reads from Secrets and that capitals do not give back. Source: Flux's API docs. */
const knownKeys: ReadonlyMap<string, string> = new Map(
  [
    'bearerToken',
    'caFile',
    'ca.crt',
    'tls.crt',
    'tls.key',
    'certFile',
    'keyFile',
    'identity.pub',
    'value.yaml',
    'githubAppID',
    'githubAppInstallationID',
    'githubAppInstallationOwner',
    'githubAppPrivateKey',
    'githubAppBaseURL',
    '.dockerconfigjson',
    'age.agekey',
    'identity.asc',
  ].map((key) => [capitals(key), key]),
)

function capitals(text: string): string {
  return text.toUpperCase().replace(/[-.]/g, '_')
}

function keysInVariables(variable: string, environment: Environment): SecretData {
  const start = `${variable}__`
  const entries = Object.entries(environment).flatMap(([name, text]): [string, Uint8Array][] => {
    // A variable that a deployment sets to nothing is none.
    if (text === undefined || text === '' || !name.startsWith(start)) return []
    const key = name.slice(start.length)
    return key === '' ? [] : [[knownKeys.get(key) ?? key.toLowerCase(), bytesOf(text)]]
  })
  return new Map(entries)
}

function keysInJson(variable: string, text: string | undefined): SecretData {
  if (text === undefined || text.trim() === '') return new Map()
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(variable)
  const entries = Object.entries(value).map(([key, content]): [string, Uint8Array] => {
    if (typeof content !== 'string' || !isSecretKey(key)) throw malformed(variable)
    return [key, bytesOf(content)]
  })
  return new Map(entries)
}

/** A parser's message quotes the text, which is a secret: what is wrong with it is not told. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function malformed(variable: string): SecretError {
  const message = `variable ${variable}: must be a JSON object of texts, {"key": "text"}; or set ${variable}__<KEY> to the text of one key`
  return new SecretError('SecretMalformed', message)
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
