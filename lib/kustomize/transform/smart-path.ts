import { splitPath } from '../fields/field-path.ts'

/** Splits a field path at its dots; `[a.b/c]` keeps dots in a key, `[name=x.y]` asks for an element. */
export function smartPath(path: string): string[] {
  const parts = splitPath(path, '.')
  const result: string[] = []
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] ?? ''
    if (!part.startsWith('[') || part.endsWith(']')) {
      result.push(part)
      continue
    }
    const bracketed = [part]
    while (index < parts.length - 1) {
      const next = parts[++index] ?? ''
      bracketed.push(next)
      if (next.endsWith(']')) break
    }
    const joined = bracketed.join('.')
    result.push(joined.includes('=') ? joined : joined.replace(/^[[\]]+|[[\]]+$/g, ''))
  }
  return result
}
