import type { Made } from './objects.ts'
import { selectorOf } from './patches.ts'
import { type Path, placesOf } from './places.ts'
import { names } from './pod.ts'
import type { Random } from './random.ts'
import { anyText } from './scalars.ts'
import { type Fields, isFields, isList, type Value } from './yaml-text.ts'

/** An entry of replacements that copies between objects that exist. */
export function makeReplacement(random: Random, made: readonly Made[]): Fields {
  const from = random.pick(made)
  const source = random.chance(0.04)
    ? undefined
    : {
        ...identity(from),
        fieldPath: random.chance(0.75)
          ? fieldPath(random, from, isScalar).replaceAll('*', random.risk(0.3) ? '*' : '0')
          : undefined,
        options: random.chance(0.1)
          ? {
              delimiter: random.pick(['/', ':', '-', '.']),
              index: random.risk(0.5) ? random.pick([0, 1, 2, 5]) : 0,
            }
          : undefined,
      }
  const sourceValue = source === undefined ? anyText(random) : undefined
  const targets = random.times(1, 2, () => makeTarget(random, made))
  const path = source?.fieldPath
  return {
    source,
    sourceValue,
    targets: path === undefined ? targets : targets.map((target) => notBelow(path, target)),
  }
}

/** A map put into itself becomes as deep there as the fields were written before; here it is as it was at first. */
function notBelow(path: string, { fieldPaths, ...target }: Fields): Fields {
  if (!isList(fieldPaths)) return { ...target, fieldPaths }
  const elsewhere = (field: Value) =>
    String(field).startsWith(`${path}.`) ? 'metadata.name' : field
  return { ...target, fieldPaths: fieldPaths.map(elsewhere) }
}

function makeTarget(random: Random, made: readonly Made[]): Fields {
  const to = random.pick(made)
  const isUsual = random.chance(0.2)
  // A part of a number is none.
  const isText = random.chance(0.4)
  const paths = (): string[] =>
    random.times(1, 2, () => (isUsual ? usualPath(random, to) : targetPath(random, to, isText)))
  return {
    select: !random.risk(0.05) ? selectorOf(random, to) : undefined,
    reject: random.chance(0.08) ? [{ name: random.pick(names) }] : undefined,
    fieldPaths: !random.risk(0.05) ? paths() : undefined,
    options:
      isUsual || random.chance(random.risk(1) ? 0.3 : 0.93)
        ? targetOptions(random, isUsual, (isText && !isUsual) || random.risk(0.4))
        : undefined,
  }
}

function targetOptions(random: Random, isUsual: boolean, hasDelimiter: boolean): Fields {
  const delimiter = hasDelimiter ? random.pick(['/', ':', '-', '.']) : undefined
  const isCreated = random.risk(1) ? random.chance(0.5) : isUsual || random.chance(0.95)
  return {
    delimiter,
    index: delimiter === undefined ? undefined : random.pick([0, 1, 2, -1, 9]),
    create: isCreated ? true : undefined,
  }
}

function usualPath(random: Random, to: Made): string {
  const fitting = usualPaths.filter(([, field]) => random.risk(0.3) || isUsualIn(field, to))
  return random.pick(fitting)[0]
}

function targetPath(random: Random, to: Made, isText: boolean): string {
  const isWanted = isText ? isString : isScalar
  const path = fieldPath(random, to, random.risk(0.3) ? () => true : isWanted)
  // The hash of a generated object of another kind covers how its YAML was written, which nothing here keeps.
  return path === 'kind' ? 'metadata.name' : path
}

function isString(value: Value): boolean {
  return typeof value === 'string' && !value.includes('!!')
}

/** A path, and the field that an object has for which it makes sense. */
const usualPaths: readonly (readonly [path: string, field?: string])[] = [
  ['metadata.labels.added'],
  ['metadata.annotations.[example.com/x]'],
  ['metadata.annotations.added'],
  ['spec.new.deep.field', 'spec'],
  ['spec.template.metadata.labels.app', 'template'],
  ['spec.template.spec.containers.[name=new].image', 'template'],
  ['spec.template.spec.containers.*.env.*.value', 'template'],
  ['spec.items.[name=one].value', 'items'],
  ['spec.conf.a.b', 'conf'],
  ['data.a', 'data'],
  ['data.b', 'data'],
]

function isUsualIn(field: string | undefined, { data, spec }: Made): boolean {
  if (field === undefined) return true
  if (field === 'data') return isFields(data)
  return isFields(spec) && (field === 'spec' || field in spec)
}

function isScalar(value: Value): boolean {
  return !isFields(value) && !isList(value)
}

function identity(made: Made): Fields {
  const { kind, metadata, apiVersion } = made
  const { name, namespace } = isFields(metadata) ? metadata : {}
  const [version, group] = String(apiVersion).split('/').reverse()
  return { kind, name, namespace, version, group }
}

/** A path to something that the object has, written in kustomize's way. */
export function fieldPath(random: Random, made: Made, isWanted: (value: Value) => boolean): string {
  const places = placesOf(made).filter(([, value]) => isWanted(value))
  if (places.length === 0) return 'metadata.name'
  const [path] = random.pick(places)
  return path.map((part, at) => step(random, made, path, part, at)).join('.')
}

function step(random: Random, made: Made, path: Path, part: string | number, at: number): string {
  if (typeof part === 'string') return keyStep(random, part)
  const item = path.slice(0, at + 1).reduce<Value>((value, key) => childOf(value, key), made)
  const { name } = isFields(item) ? item : {}
  if (typeof name === 'string' && random.chance(0.7)) return `[name=${name}]`
  return random.chance(0.3) ? '*' : String(part)
}

function keyStep(random: Random, key: string): string {
  if (!/[./]/.test(key)) return key
  return random.chance(0.6) ? `[${key}]` : key.replaceAll('.', '\\.')
}

function childOf(value: Value, key: string | number): Value {
  if (isList(value)) return value[Number(key)]
  return isFields(value) ? value[key] : undefined
}
