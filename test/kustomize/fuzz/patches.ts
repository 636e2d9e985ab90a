import type { Made } from './objects.ts'
import { names, namespaces } from './pod.ts'
import type { Random } from './random.ts'
import { anyKey, anyScalar, anyTree } from './scalars.ts'
import { type Fields, isFields, isList, type Value } from './yaml-text.ts'

/** A strategic merge patch made from an object: some of its fields changed, removed, added to. */
export function mergePatch(random: Random, made: Made): Fields {
  const { apiVersion, kind, metadata } = made
  const { name, namespace } = isFields(metadata) ? metadata : {}
  const own = { name: !random.risk(0.08) ? name : 'nobody', namespace }
  const extra = random.chance(0.25)
    ? {
        [random.pick(['labels', 'annotations'])]: {
          added: random.pick<Value>(['yes', null, anyScalar(random)]),
        },
      }
    : {}
  const rest = Object.entries(made).filter(
    ([key]) => !['apiVersion', 'kind', 'metadata'].includes(key),
  )
  const body = Object.fromEntries(
    rest
      .filter(([, value]) => random.chance(0.9) && (value !== undefined || random.risk(0.4)))
      .map(([key, value]) => [key, changed(random, value, 0)]),
  )
  const directive = random.chance(0.03)
    ? { $patch: random.pick(['delete', 'replace', 'merge', random.risk(0.2) ? 'odd' : 'merge']) }
    : {}
  return { apiVersion, kind, metadata: { ...own, ...extra }, ...body, ...directive }
}

export function changed(random: Random, value: Value, depth: number): Value {
  if (random.chance(0.02)) return null
  if (random.risk(0.02)) return anyTree(random, 2)
  if (isFields(value)) return changedFields(random, value, depth)
  if (isList(value)) return changedList(random, value, depth)
  return random.chance(0.6) ? value : anyScalar(random)
}

function changedFields(random: Random, fields: Fields, depth: number): Fields {
  const kept = Object.entries(fields).filter(
    ([key, value]) =>
      (key === 'name' || random.chance(depth < 3 ? 0.7 : 0.5)) &&
      (value !== undefined || random.risk(0.4)),
  )
  const entries = kept.map(([key, value]) => [
    key,
    key === 'name' && random.chance(0.93) ? value : changed(random, value, depth + 1),
  ])
  const result = Object.fromEntries(entries)
  if (random.chance(0.05)) return { ...result, [anyKey(random)]: anyTree(random, 1) }
  if (random.chance(0.03)) return { ...result, $patch: random.pick(['delete', 'replace', 'merge']) }
  if (random.chance(0.01)) return { ...result, $retainKeys: ['a'] }
  return result
}

function changedList(random: Random, list: readonly Value[], depth: number): readonly Value[] {
  const kept = list
    .filter(() => random.chance(0.75))
    .map((item) => changed(random, item, depth + 1))
  const grown = random.chance(0.15) ? [...kept, added(random, list)] : kept
  return random.chance(0.1) ? random.shuffle(grown) : grown
}

function added(random: Random, list: readonly Value[]): Value {
  const [first] = list
  if (random.chance(0.1)) return { $patch: random.pick(['delete', 'replace']) }
  return isFields(first)
    ? {
        ...first,
        name: random.pick(['new', 'main', 'v0', 'HOST']),
        $patch: random.chance(0.15) ? 'delete' : undefined,
      }
    : anyScalar(random)
}

/** A target that is this object. */
export function exactTarget(random: Random, { kind, metadata, apiVersion }: Made): Fields {
  const { name, namespace } = isFields(metadata) ? metadata : {}
  const [version, group] = String(apiVersion).split('/').reverse()
  return { group, version, kind, name, namespace: random.chance(0.5) ? namespace : undefined }
}

/** A selector that finds the object, more or less. */
export function selectorOf(random: Random, made: Made): Fields {
  const { kind, metadata, apiVersion } = made
  const { name, namespace, labels } = isFields(metadata) ? metadata : {}
  const [version, group] = String(apiVersion).split('/').reverse()
  const target: Fields = {
    kind: random.chance(0.8) ? kind : undefined,
    name: random.chance(0.6) ? pattern(random, name) : undefined,
    namespace: random.chance(0.08)
      ? random.pick<Value>([namespace, random.pick(namespaces)])
      : undefined,
    group: random.chance(0.1) ? random.pick<Value>([group, 'apps', '.*']) : undefined,
    version: random.chance(0.1) ? random.pick<Value>([version, 'v1']) : undefined,
    labelSelector: random.chance(0.1) ? labelSelector(random, labels) : undefined,
    annotationSelector: random.chance(0.03) ? labelSelector(random, { note: 'a' }) : undefined,
  }
  const isEmpty = Object.values(target).every((value) => value === undefined)
  return isEmpty && random.chance(0.8) ? { kind } : target
}

function pattern(random: Random, name: Value): Value {
  if (random.chance(0.8)) return name
  return random.pick([
    '.*',
    'web|api',
    '(?i)WEB',
    'w.b',
    random.pick(names),
    '^web$',
    '[a-c].*',
    'nobody',
    'app-.*',
    '\\w+',
    random.risk(0.1) ? '(' : '',
    'pre-.*',
  ])
}

function labelSelector(random: Random, labels: Value): string {
  const entries = isFields(labels) ? Object.entries(labels) : []
  const [key, written] = entries.length > 0 ? random.pick(entries) : ['app', 'web']
  // Without the mark of a raw text: Kubernetes reads a NUL in its own way.
  const value = String(written).replaceAll('\0', '')
  return random.pick([
    `${key}=${value}`,
    `${key}!=x`,
    `${key} in (web, front)`,
    key,
    `!${key}`,
    `${key}==web,tier`,
    'app notin (x)',
    random.risk(0.1) ? 'a=b=c' : '',
    'size>3',
  ])
}
