import type { Made } from './objects.ts'
import { changed } from './patches.ts'
import { type Path, placesOf } from './places.ts'
import type { Random } from './random.ts'
import { anyKey, anyScalar, anyTree } from './scalars.ts'
import { type Fields, type Value, writeYaml } from './yaml-text.ts'

/** A JSON patch on some places of an object, as YAML or JSON text. */
export function jsonPatch(random: Random, made: Made): string {
  const places = placesOf(made).filter(
    ([path]) =>
      path[0] !== 'kind' &&
      path[0] !== 'apiVersion' &&
      path.at(-1) !== 'name' &&
      (path.length > 1 || path[0] !== 'metadata' || random.risk(0.5)),
  )
  const all = random.times(random.risk(0.1) ? 0 : 1, 3, () => operation(random, places))
  const operations = random.risk(0.7) ? all : lastRemoves(all)
  if (random.chance(0.25)) return JSON.stringify(operations).replaceAll('\\u0000', '')
  return writeYaml(random, operations)
}

/** What is removed is gone for the operations behind it. */
function lastRemoves(operations: readonly Fields[]): readonly Fields[] {
  const isRemoved = ({ op }: Fields): boolean => op === 'remove'
  const removes = operations.filter(isRemoved).slice(0, 1)
  return [...operations.filter((operation) => !isRemoved(operation)), ...removes]
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
  const isAlike = !isBeside || (typeof path.at(-1) === 'number' && !random.risk(0.4))
  return {
    op: random.risk(0.03) ? random.pick(['Add', 'merge', '']) : op,
    path: place,
    value: newValue(random, value, isAlike),
  }
}

function newValue(random: Random, value: Value, isAlike: boolean): Value {
  if (random.risk(0.05)) return undefined
  return isAlike && !random.risk(0.3) ? changed(random, value, 0) : anyTree(random, 2)
}

function siblingOf(random: Random, path: Path): Path {
  const last = typeof path.at(-1) === 'number' ? random.pick(['-', '0', '1']) : anyKey(random)
  return [...path.slice(0, -1), last]
}

function pointer(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
