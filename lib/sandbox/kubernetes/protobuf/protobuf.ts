import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import { loadBuiltin } from '../discovery/builtin.ts'
import type { Field, MapSchema, Schema } from '../discovery/schema.ts'
import { StatusError } from '../status-error.ts'
import { type Message, readMessage, type WireValue } from './protobuf-wire.ts'

/**
 * A body of `application/vnd.kubernetes.protobuf` as JSON: kubectl sends the objects it makes by itself in it
 * (`kubectl create namespace`). Answers are always JSON, which it accepts as well.
 */
export function decodeProtobuf(bytes: Buffer): JsonObject {
  try {
    return decodeEnvelope(bytes)
  } catch (thrown) {
    if (thrown instanceof StatusError) throw thrown
    throw new StatusError('BadRequest', 'the body is no protobuf that is known here')
  }
}

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00])

function decodeEnvelope(bytes: Buffer): JsonObject {
  if (!bytes.subarray(0, magic.length).equals(magic)) throw new Error('no magic number')
  const envelope = readMessage(bytes.subarray(magic.length))
  const head = readMessage(bytesAt(envelope, 1))
  const apiVersion = bytesAt(head, 1).toString('utf8')
  const kind = bytesAt(head, 2).toString('utf8')
  const schema = schemaFor(apiVersion, kind)
  if (schema.map === undefined) throw new Error('no such kind')
  const object = decodeMap(readMessage(bytesAt(envelope, 2)), schema.map)
  return { ...object, apiVersion, kind }
}

const metaOptions = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

function schemaFor(apiVersion: string, kind: string): Schema {
  const builtin = loadBuiltin()
  if (kind.endsWith('Options')) return builtin.schemaOf(`${metaOptions}${kind}`)
  const gvk = apiVersion.includes('/') ? `${apiVersion}/${kind}` : `/${apiVersion}/${kind}`
  const name = builtin.nameOf(gvk)
  if (name === undefined) throw new Error('no such kind')
  return builtin.schemaOf(name)
}

function decodeMap(message: Message, map: MapSchema): JsonObject {
  const fields = [...map.fields].flatMap(([name, field]): [string, Json][] => {
    const values = valuesAt(message, field.numbers)
    return values.length === 0 ? [] : [[name, decodeField(values, field)]]
  })
  return Object.fromEntries(fields)
}

/** Down through the messages that JSON has inlined. */
function valuesAt(message: Message, numbers: readonly number[]): readonly WireValue[] {
  const [number, ...rest] = numbers
  if (number === undefined) return []
  const values = message.get(number) ?? []
  const last = values.at(-1)
  if (rest.length === 0) return values
  return last instanceof Buffer ? valuesAt(readMessage(last), rest) : []
}

function decodeField(values: readonly WireValue[], field: Field): Json {
  const schema = field.schema()
  if (schema.list !== undefined && schema.scalar === undefined) {
    const item = schema.list.item()
    return values.map((value) => decodeValue(value, item))
  }
  const { map } = schema
  const rest = map?.fields.size === 0 && schema.scalar === undefined ? map.rest?.() : undefined
  if (rest !== undefined && rest.scalar !== 'any') {
    return Object.fromEntries(values.map((value) => decodeEntry(value, rest)))
  }
  const last = values.at(-1)
  return last === undefined ? null : decodeValue(last, schema)
}

function decodeEntry(value: WireValue, schema: Schema): readonly [string, Json] {
  const entry = readMessage(asBytes(value))
  const inner = entry.get(2)?.at(-1)
  return [bytesAt(entry, 1).toString('utf8'), inner === undefined ? '' : decodeValue(inner, schema)]
}

function decodeValue(value: WireValue, schema: Schema): Json {
  if (schema.scalar === 'boolean') return asInteger(value) !== 0n
  if (schema.scalar === 'integer') return Number(asInteger(value))
  if (schema.scalar === 'quantity') return bytesAt(readMessage(asBytes(value)), 1).toString('utf8')
  if (schema.format === 'int-or-string') return decodeIntOrString(readMessage(asBytes(value)))
  if (schema.format === 'date-time') return decodeTime(readMessage(asBytes(value)))
  if (schema.format === 'byte') return asBytes(value).toString('base64')
  if (schema.scalar === 'string') return asBytes(value).toString('utf8')
  const { map } = schema
  if (map !== undefined && map.fields.size > 0) return decodeMap(readMessage(asBytes(value)), map)
  return decodeRaw(readMessage(asBytes(value)))
}

function decodeIntOrString(message: Message): Json {
  const isText = message.get(1)?.at(-1) === 1n
  if (isText) return bytesAt(message, 3).toString('utf8')
  return Number(asInteger(message.get(2)?.at(-1) ?? 0n))
}

function decodeTime(message: Message): Json {
  const seconds = message.get(1)?.at(-1)
  if (seconds === undefined) return null
  return `${new Date(Number(asInteger(seconds)) * 1000).toISOString().slice(0, 19)}Z`
}

/** An object of any shape, sent as JSON. */
function decodeRaw(message: Message): Json {
  const raw = bytesAt(message, 1)
  const parsed: unknown = raw.length === 0 ? {} : JSON.parse(raw.toString('utf8'))
  return isJsonObject(parsed) ? parsed : {}
}

function bytesAt(message: Message, number: number): Buffer {
  const value = message.get(number)?.at(-1)
  return value instanceof Buffer ? value : Buffer.alloc(0)
}

function asBytes(value: WireValue): Buffer {
  if (value instanceof Buffer) return value
  throw new Error('a number where bytes belong')
}

function asInteger(value: WireValue): bigint {
  if (typeof value === 'bigint') return BigInt.asIntN(64, value)
  throw new Error('bytes where a number belongs')
}
