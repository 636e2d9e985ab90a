import { RE2JS } from 're2js'
import { isJsonObject, type Json, type JsonObject } from '../../../manifest/object.ts'
import { at, listAt, numberIn, objectAt, textIn } from '../json.ts'
import { type Cause, invalidValue, requiredValue } from '../status-error.ts'
import { nameOfType } from './check-fields.ts'

/** What of a custom resource does not fit its definition's OpenAPI schema; CEL rules are not looked at. */
export function validateCustom(value: Json, schema: JsonObject, path = ''): readonly Cause[] {
  if (value === null) return schema.nullable === true ? [] : [wrongType(value, schema, path)]
  const isFlexible = schema['x-kubernetes-int-or-string'] === true
  const isText = typeof value === 'string' || typeof value === 'number'
  if (isFlexible && isText) return []
  if (typeof schema.type === 'string' && !isOfType(value, schema.type)) {
    return [wrongType(value, schema, path)]
  }
  return [...checkEnum(value, schema, path), ...checkByType(value, schema, path)]
}

function checkByType(value: Json, schema: JsonObject, path: string): readonly Cause[] {
  if (isJsonObject(value)) return checkObject(value, schema, path)
  if (typeof value === 'string') return checkText(value, schema, path)
  if (typeof value === 'number') return checkNumber(value, schema, path)
  if (!Array.isArray(value)) return []
  const items = objectAt(schema, 'items')
  const inner = value.flatMap((item: Json, index) =>
    validateCustom(item, items, `${path}[${index}]`),
  )
  return [...checkCount(value.length, schema, path), ...inner]
}

function checkObject(value: JsonObject, schema: JsonObject, path: string): readonly Cause[] {
  const missing = listAt(schema, 'required')
    .map(String)
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => requiredValue(join(path, key)))
  const inner = Object.entries(value).flatMap(([key, child]) => {
    if (path === '' && ['apiVersion', 'kind', 'metadata'].includes(key)) return []
    const field = at(schema, 'properties', key) ?? at(schema, 'additionalProperties')
    return isJsonObject(field) ? validateCustom(child, field, join(path, key)) : []
  })
  return [...missing, ...inner]
}

function checkText(value: string, schema: JsonObject, path: string): readonly Cause[] {
  const { pattern } = schema
  const causes: Cause[] = []
  const min = numberIn(schema, 'minLength')
  const max = numberIn(schema, 'maxLength')
  if (min !== undefined && value.length < min) {
    causes.push(invalidValue(path, value, `${path} in body should be at least ${min} chars long`))
  }
  if (max !== undefined && value.length > max) {
    causes.push({
      reason: 'FieldValueTooLong',
      message: `Too long: may not be more than ${max} bytes`,
      field: path,
    })
  }
  if (typeof pattern === 'string' && !isMatch(pattern, value)) {
    causes.push(invalidValue(path, value, `${path} in body should match '${pattern}'`))
  }
  return causes
}

/** In linear time, because the pattern is whoever's who wrote the definition; one that RE2 refuses is not looked at. */
function isMatch(pattern: string, value: string): boolean {
  try {
    return RE2JS.compile(pattern).matcher(value).find()
  } catch {
    return true
  }
}

function checkNumber(value: number, schema: JsonObject, path: string): readonly Cause[] {
  const min = numberIn(schema, 'minimum')
  const max = numberIn(schema, 'maximum')
  const isSmall = min !== undefined && value < min
  const isLarge = max !== undefined && value > max
  if (isSmall) {
    return [invalidValue(path, value, `${path} in body should be greater than or equal to ${min}`)]
  }
  return isLarge
    ? [invalidValue(path, value, `${path} in body should be less than or equal to ${max}`)]
    : []
}

function checkCount(count: number, schema: JsonObject, path: string): readonly Cause[] {
  const min = numberIn(schema, 'minItems')
  const max = numberIn(schema, 'maxItems')
  if (min !== undefined && count < min) {
    return [invalidValue(path, count, `${path} in body should have at least ${min} items`)]
  }
  return max !== undefined && count > max
    ? [
        {
          reason: 'FieldValueTooMany',
          message: `Too many: ${count}: must have at most ${max} items`,
          field: path,
        },
      ]
    : []
}

function checkEnum(value: Json, schema: JsonObject, path: string): readonly Cause[] {
  const allowed = at(schema, 'enum')
  if (!Array.isArray(allowed) || allowed.some((item: Json) => item === value)) return []
  const supported = allowed.map((item: Json) => JSON.stringify(item)).join(', ')
  return [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
      field: path,
    },
  ]
}

function isOfType(value: Json, type: string): boolean {
  switch (type) {
    case 'object':
      return isJsonObject(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    default:
      return typeof value === type
  }
}

function wrongType(value: Json, schema: JsonObject, path: string): Cause {
  const expected = textIn(schema, 'type')
  const got = nameOfType(value)
  const shown = typeof value === 'object' ? got : value
  const why = `${path} in body must be of type ${expected}: ${JSON.stringify(got === 'bool' ? 'boolean' : got)}`
  return { ...invalidValue(path, shown, why), reason: 'FieldValueTypeInvalid' }
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
