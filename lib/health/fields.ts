import { isJsonObject, type Json, type KubeObject, textAt } from '../manifest/object.ts'

export type StatusCondition = {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

/** The value behind dotted keys, `status.replicas`; undefined where there is none. */
export function fieldAt(object: KubeObject, path: string): Json | undefined {
  let value: Json | undefined = object
  for (const key of path.split('.')) {
    if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

/** A whole number, or `otherwise` where the field is absent or no whole number. */
export function numberAt(object: KubeObject, path: string, otherwise: number): number {
  const value = fieldAt(object, path)
  return typeof value === 'number' && Number.isInteger(value) ? value : otherwise
}

export function stringAt(object: KubeObject, path: string, otherwise = ''): string {
  const value = fieldAt(object, path)
  return typeof value === 'string' ? value : otherwise
}

export function conditionsOf(object: KubeObject): readonly StatusCondition[] {
  const conditions = fieldAt(object, 'status.conditions')
  if (!Array.isArray(conditions)) return []
  return conditions.filter(isJsonObject).map((condition) => ({
    type: textAt(condition, 'type'),
    status: textAt(condition, 'status'),
    reason: textAt(condition, 'reason'),
    message: textAt(condition, 'message'),
  }))
}
