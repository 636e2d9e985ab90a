import { isJsonObject, type Json, type KubeObject } from '../../../manifest/object.ts'
import { messageOf } from '../../../status/error.ts'
import { at, objectAt, textIn } from '../json.ts'
import { type Cause, invalidValue, requiredValue } from '../status-error.ts'
import { configKeyFaults } from './label-names.ts'
import { tooLong } from './validate-metadata.ts'

const maxBytes = 1_048_576

/** Keys and sizes of a ConfigMap, and that no key stands in both of its maps. */
export function validateConfigMap(object: KubeObject): readonly Cause[] {
  const [data, binary] = [objectAt(object, 'data'), objectAt(object, 'binaryData')]
  const doubles = Object.keys(data)
    .filter((key) => Object.hasOwn(binary, key))
    .map((key) => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'))
  const sizeBytes =
    sum(data, (text) => Buffer.byteLength(text)) + sum(binary, (text) => decodedBytes(text))
  return [
    ...checkKeys(data, 'data'),
    ...doubles,
    ...checkKeys(binary, 'binaryData'),
    ...(sizeBytes > maxBytes ? [tooLong('[]', maxBytes)] : []),
  ]
}

/** Keys and size of a Secret, and what its type asks for. */
export function validateSecret(object: KubeObject): readonly Cause[] {
  const data = objectAt(object, 'data')
  const sizeBytes = sum(data, decodedBytes)
  return [
    ...checkKeys(data, 'data'),
    ...(sizeBytes > maxBytes ? [tooLong('data', maxBytes)] : []),
    ...checkType(object, textIn(object, 'type')),
  ]
}

function checkKeys(data: Readonly<Record<string, Json>>, field: string): readonly Cause[] {
  return Object.keys(data).flatMap((key) =>
    configKeyFaults(key).map((why) => invalidValue(`${field}[${key}]`, key, why)),
  )
}

function checkType(object: KubeObject, type: string): readonly Cause[] {
  const missing = (keys: readonly string[]): readonly Cause[] =>
    keys
      .filter((key) => at(object, 'data', key) === undefined)
      .map((key) => requiredValue(`data[${key}]`))
  const name = type.startsWith(prefix) ? type.slice(prefix.length) : ''
  switch (name) {
    case 'tls':
      return missing(['tls.crt', 'tls.key'])
    case 'ssh-auth':
      return missing(['ssh-privatekey'])
    case 'basic-auth': {
      const faults = missing(['username', 'password'])
      return faults.length === 2 ? faults : []
    }
    case 'dockercfg':
    case 'dockerconfigjson': {
      const faults = missing([`.${name}`])
      return faults.length > 0 ? faults : checkJson(object, `.${name}`)
    }
    case 'service-account-token': {
      const key = 'kubernetes.io/service-account.name'
      const isNamed = textIn(object, 'metadata', 'annotations', key) !== ''
      return isNamed ? [] : [requiredValue(`metadata.annotations[${key}]`)]
    }
    default:
      return []
  }
}

const prefix = 'kubernetes.io/'

/** The text stays hidden. */
function checkJson(object: KubeObject, key: string): readonly Cause[] {
  const text = Buffer.from(textIn(object, 'data', key), 'base64').toString('utf8')
  const refuse = (why: string): readonly Cause[] => [
    invalidValue(`data[${key}]`, '<secret contents redacted>', why),
  ]
  try {
    const value: Json = JSON.parse(text)
    if (isJsonObject(value)) return []
    const got = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
    return refuse(`json: cannot unmarshal ${got} into Go value of type map[string]interface {}`)
  } catch (thrown) {
    // Where exactly it stops to be JSON is said in other words than Go's.
    const [, char] = /token '?(.)/.exec(messageOf(thrown)) ?? []
    return refuse(`invalid character '${char ?? ''}' looking for beginning of value`)
  }
}

function sum(data: Readonly<Record<string, Json>>, size: (text: string) => number): number {
  return Object.values(data).reduce<number>((total, value) => total + size(String(value)), 0)
}

function decodedBytes(base64: string): number {
  return Buffer.byteLength(base64, 'base64')
}
