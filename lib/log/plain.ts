import { mask } from './redact.ts'

/**
 * `fields` as plain JSON without secrets, bounded in depth and size. Errors become their name, message, code,
 * reason, data and cause; bytes and functions only say what they are.
 */
export function plainFields(
  fields: Readonly<Record<string, unknown>>,
  redact: (text: string) => string,
): Readonly<Record<string, unknown>> {
  return entriesOf(fields, { redact, depth: 0, seen: new Set() })
}

type Walk = {
  readonly redact: (text: string) => string
  readonly depth: number
  readonly seen: ReadonlySet<object>
}

const maxDepth = 6
const maxEntries = 100
const maxText = 8_000
const maxName = 200

/** Names of fields whose value is a secret whatever it looks like. */
const secretName =
  /^(?:(?:proxy-)?authorization|(?:set-)?cookie|.*(?:password|passwd|passphrase|secretaccesskey|clientsecret|privatekey|apikey)|(?:.*[a-z_-])?token|x-hub-signature.*|stringdata)$/i

function plain(value: unknown, walk: Walk): unknown {
  if (typeof value === 'string') return textOf(value, walk)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`
  if (typeof value !== 'object' || value === null) return value
  if (walk.seen.has(value)) return '[circular]'
  if (walk.depth >= maxDepth) return '[deep]'
  return plainObject(value, {
    ...walk,
    depth: walk.depth + 1,
    seen: new Set([...walk.seen, value]),
  })
}

function plainObject(value: object, walk: Walk): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (value instanceof Error) return plainError(value, walk)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (value instanceof Map) return entriesOf(Object.fromEntries(textKeys(value)), walk)
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].slice(0, maxEntries).map((item) => plain(item, walk))
  }
  return entriesOf({ ...value }, walk)
}

function plainError(error: Error, walk: Walk): unknown {
  const own = { ...error }
  const head = { name: error.name, message: textOf(error.message, walk) }
  const rest = { ...own, ...(error.cause === undefined ? {} : { cause: error.cause }) }
  return { ...entriesOf(rest, walk), ...head }
}

function entriesOf(object: Readonly<Record<string, unknown>>, walk: Walk): Record<string, unknown> {
  const isSecret = object.kind === 'Secret'
  const entries = Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .slice(0, maxEntries)
    .map(([key, value]) => {
      const isMasked =
        secretName.test(key.slice(0, maxName)) ||
        (isSecret && (key === 'data' || key === 'metadata'))
      return [
        nameOf(key, walk),
        isMasked && typeof value !== 'boolean' ? masked(key, value) : plain(value, walk),
      ]
    })
  return Object.fromEntries(entries)
}

/** A Secret's annotations may hold the whole Secret again, as `kubectl apply` writes it. */
function masked(key: string, value: unknown): unknown {
  if (key !== 'metadata' || typeof value !== 'object' || value === null) return mask
  const pick = (name: string) => (name in value ? { [name]: Reflect.get(value, name) } : {})
  return { ...pick('namespace'), ...pick('name') }
}

function nameOf(key: string, { redact }: Walk): string {
  return redact(key.slice(0, maxName))
}

function textOf(text: string, { redact }: Walk): string {
  if (text.length <= maxText) return redact(text)
  return `${redact(text.slice(0, maxText))}… (${text.length} characters)`
}

function textKeys(map: ReadonlyMap<unknown, unknown>): readonly [string, unknown][] {
  return [...map].slice(0, maxEntries).map(([key, value]) => [String(key), value])
}
