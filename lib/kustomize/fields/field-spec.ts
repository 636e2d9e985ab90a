import { BuildError } from '../build-error.ts'
import { formatGvk, type Gvk, isSelected } from '../resource/resource-id.ts'

/** A field of the resources of some kinds that a transformer writes. */
export type FieldSpec = Gvk & {
  /** Segments between `/`; `\/` is a slash in a segment and `[]` behind one a list. */
  readonly path: string
  /** Missing maps on the way, and the field itself, are made. */
  readonly create: boolean
}

/** Reads the lines of a table: `+` or `.`, group, version, kind, path. */
export function parseFieldSpecs(table: string): FieldSpec[] {
  return table.trim().split('\n').map(parseFieldSpec)
}

export function parseFieldSpec(line: string): FieldSpec {
  const [create, group, version, kind, path] = line.split(' ')
  return {
    group: orEmpty(group),
    version: orEmpty(version),
    kind: orEmpty(kind),
    path: path ?? '',
    create: create === '+',
  }
}

export function orEmpty(field: string | undefined): string {
  return field === undefined || field === '-' ? '' : field
}

/**
 * Adds specs to a list. One that a spec of the list already covers is left out; covering it with another
 * `create` is an error.
 */
export function mergeFieldSpecs(
  specs: readonly FieldSpec[],
  added: readonly FieldSpec[],
): readonly FieldSpec[] {
  if (added.length === 0) return specs
  const merged = [...specs]
  const byPath = new Map<string, FieldSpec[]>()
  for (const spec of specs) addTo(byPath, spec)
  for (const spec of added) {
    const covering = byPath.get(spec.path)?.find((other) => isSelected(other, spec))
    if (covering === undefined) {
      merged.push(spec)
      addTo(byPath, spec)
    } else if (covering.create !== spec.create) {
      throw new BuildError(
        'InvalidFieldSpec',
        `field spec ${formatGvk(spec)} ${spec.path}: 'create' conflicts with an earlier field spec; give both the same value`,
      )
    }
  }
  return merged
}

function addTo(byPath: Map<string, FieldSpec[]>, spec: FieldSpec): void {
  const found = byPath.get(spec.path)
  if (found === undefined) byPath.set(spec.path, [spec])
  else found.push(spec)
}
