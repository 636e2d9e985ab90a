import type { Json } from './object.ts'

/** Sets a field of an object that is being built; `__proto__` becomes a field like any other. */
export function setJsonField(object: Record<string, Json>, name: string, value: Json): void {
  if (name !== '__proto__') object[name] = value
  else {
    const field = { value, writable: true, enumerable: true, configurable: true }
    Object.defineProperty(object, name, field)
  }
}
