import type { Made } from './objects.ts'
import { changed } from './patches.ts'
import { type Path, placesOf } from './places.ts'
import type { Random } from './random.ts'
import { anyKey, anyScalar, anyTree } from './scalars.ts'
import { type Fields, type Value, writeYaml } from './yaml-text.ts'

/** A JSON patch on some places of an object, as YAML or JSON text. */
export function jsonPatch(random: Random, made: Made): string {
  const places = placesOf(made).filter(
    ([path]) => path[0] !== 'kind' && path[0] !== 'apiVersion' && path.at(-1) !== 'name',
  )
  const operations = random.times(random.chance(0.04) ? 0 : 1, 3, () => operation(random, places))
  if (random.chance(0.25)) return JSON.stringify(operations).replaceAll('\\u0000', '')
  return writeYaml(random, operations)
}

const nowhere: readonly [Path, Value] = [['spec'], null]

function operator(random: Random): string {
  const rare = random.risk(0.5) ? ['test', 'copy', 'move'] : []
  return random.pick(['replace', 'replace', 'add', 'add', 'remove', ...rare])
}

function operation(random: Random, places: readonly (readonly [Path, Value])[]): Fields {
  const [path, value] = places.length === 0 ? nowhere : random.pick(places)
  const missed = random.risk(0.1)
    ? [...path.slice(0, -1), random.pick<string | number>(['nope', 99, -1, '-'])]
    : path
  const op = operator(random)
  const isBeside = op === 'add' && random.chance(0.7)
  const place = pointer(isBeside ? siblingOf(random, missed) : missed)
  if (op === 'remove') return { op, path: place }
  if (op === 'copy' || op === 'move')
    return { op, from: place, path: pointer(siblingOf(random, path)) }
  if (op === 'test')
    return { op, path: place, value: random.chance(0.85) ? value : anyScalar(random) }
  const isOdd = random.risk(0.03)
  const next = isBeside || random.risk(0.3) ? anyTree(random, 2) : changed(random, value, 0)
  return {
    op: isOdd ? random.pick(['Add', 'merge', '']) : op,
    path: place,
    value: random.chance(0.98) ? next : undefined,
  }
}

function siblingOf(random: Random, path: Path): Path {
  const last = typeof path.at(-1) === 'number' ? random.pick(['-', '0', '1']) : anyKey(random)
  return [...path.slice(0, -1), last]
}

function pointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
