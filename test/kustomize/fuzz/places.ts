import { isFields, isList, type Value } from './yaml-text.ts'

export type Path = readonly (string | number)[]

/** All places in an object, with what stands there. */
export function placesOf(value: Value, path: Path = []): readonly (readonly [Path, Value])[] {
  const children: readonly (readonly [string | number, Value])[] = isFields(value)
    ? Object.entries(value).filter(([, child]) => child !== undefined)
    : isList(value)
      ? value.map((child, index) => [index, child])
      : []
  return [
    ...(path.length === 0 ? [] : [[path, value] as const]),
    ...children.flatMap(([key, child]) => placesOf(child, [...path, key])),
  ]
}
