import { messageOf } from '../status/error.ts'
import { AwsFault, type AwsJsonCall, callAwsJson, textOf } from './aws-json.ts'
import { SecretError } from './secret-error.ts'
import { isSecretKey, parseSecretName, type SecretData, type SecretStore } from './secret-store.ts'

export type AwsSecretsOptions = {
  readonly call: AwsJsonCall
  /** In front of every name, `driftless/prod` for instance. */
  readonly prefix: string
  readonly now: () => Date
}

/**
 * The fleet's own secrets on AWS: Secret `git-auth` is the secret `<prefix>/git-auth` of Secrets Manager or, where there is none,
 * the parameter `/<prefix>/git-auth` of SSM. A JSON object of texts holds keys and texts; anything else, a kubeconfig for
 * instance, is key `value`. What was found, or that nothing was, is believed for a minute.
 */
export function createAwsSecrets(options: AwsSecretsOptions): SecretStore {
  const { now } = options
  const known = new Map<string, { readonly at: number; readonly found: Promise<Found> }>()
  return {
    read: async (name, kind = 'Secret') => {
      const parsed = parseSecretName(name)
      if (kind !== 'Secret') return undefined
      const path = [options.prefix, parsed.namespace, parsed.name].filter((part) => part !== '')
      const key = path.join('/')
      const before = known.get(key)
      if (before !== undefined && now().getTime() - before.at < believedMs) return before.found
      const found = readEither(options.call, key)
      known.delete(key)
      known.set(key, { at: now().getTime(), found })
      found.catch(() => known.delete(key))
      const [oldest = ''] = known.keys()
      if (known.size > maxKnown) known.delete(oldest)
      return found
    },
  }
}

type Found = SecretData | undefined

const believedMs = 60_000
const maxKnown = 256

async function readEither(call: AwsJsonCall, name: string): Promise<Found> {
  const [secret, parameter] = await Promise.allSettled([
    readSecret(call, name),
    readParameter(call, `/${name}`),
  ])
  for (const each of [secret, parameter]) {
    if (each.status === 'fulfilled' && each.value !== undefined) return each.value
  }
  // Absent is only what both say they have not: a fault must not look like a secret that was taken away.
  for (const each of [secret, parameter]) if (each.status === 'rejected') throw each.reason
  return undefined
}

async function readSecret(call: AwsJsonCall, name: string): Promise<Found> {
  const place = `secret ${name} of Secrets Manager`
  const input = { SecretId: name }
  const found = await read(call, place, 'secretsmanager', 'secretsmanager.GetSecretValue', input)
  if (found === undefined) return undefined
  const binary = textOf(found, 'SecretBinary')
  return binary === ''
    ? dataOf(textOf(found, 'SecretString'))
    : new Map([['value', new Uint8Array(Buffer.from(binary, 'base64'))]])
}

async function readParameter(call: AwsJsonCall, name: string): Promise<Found> {
  const input = { Name: name, WithDecryption: true }
  const found = await read(call, `parameter ${name} of SSM`, 'ssm', 'AmazonSSM.GetParameter', input)
  const parameter = found?.get('Parameter')
  if (typeof parameter !== 'object' || parameter === null) return undefined
  return dataOf(textOf(new Map(Object.entries(parameter)), 'Value'))
}

/**
 * Secrets Manager refuses a role that may read some secrets also what is not there; it then names the secret as it was asked
 * for, and by its ARN where it is there.
 */
function isAbsent({ code, message }: AwsFault, name: string): boolean {
  if (code === 'ResourceNotFoundException' || code === 'ParameterNotFound') return true
  return code === 'AccessDeniedException' && message.includes(`on resource: ${name} `)
}

async function read(
  call: AwsJsonCall,
  place: string,
  service: string,
  action: string,
  input: Readonly<Record<string, unknown>>,
): Promise<ReadonlyMap<string, unknown> | undefined> {
  try {
    return await callAwsJson(call, service, action, input)
  } catch (cause) {
    if (cause instanceof AwsFault && isAbsent(cause, String(input.SecretId))) return undefined
    const [, verb] = action.split('.')
    const message = `${place}: cannot be read: ${messageOf(cause)}; allow ${service}:${verb} on it, and kms:Decrypt where it has a key of its own`
    const retryable = !(cause instanceof AwsFault) || cause.isPassing
    throw new SecretError('SecretUnreadable', message, { cause, retryable })
  }
}

/** Also a kubeconfig in JSON is an object, but not one of texts. */
function dataOf(text: string): SecretData {
  const entries = textsIn(text) ?? [['value', text]]
  return new Map(entries.map(([key, value]) => [key, new TextEncoder().encode(value)]))
}

function textsIn(text: string): readonly (readonly [string, string])[] | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) return undefined
  const entries = Object.entries(value).flatMap(([key, content]): [string, string][] =>
    typeof content === 'string' && isSecretKey(key) ? [[key, content]] : [],
  )
  return entries.length === Object.keys(value).length ? entries : undefined
}

/** A parser's message quotes the text, which is a secret. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
