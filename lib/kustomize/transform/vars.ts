import type { YamlNode, YamlScalar } from '../../manifest/node.ts'
import { nodeToJson } from '../../manifest/node-json.ts'
import { formatFloat } from '../../manifest/scalar/number.ts'
import { BuildError } from '../build-error.ts'
import { createSpecFilter, editFields } from '../fields/field-path.ts'
import type { FieldSpec } from '../fields/field-spec.ts'
import { lookup } from '../fields/lookup.ts'
import type { Var } from '../file/kustomization-file.ts'
import { ensureAnnotations } from '../resource/bookkeeping.ts'
import type { Resource } from '../resource/resource.ts'
import type { ResourceList } from '../resource/resource-list.ts'
import { smartPath } from './smart-path.ts'

/** A value that a var stands for; a map or list cannot be written anywhere. */
type VarValue = string | number | bigint | boolean

/** Expands `$(NAME)` at the paths of the specs. */
export function expandVars(
  list: ResourceList,
  vars: readonly Var[],
  specs: readonly FieldSpec[],
): void {
  if (vars.length === 0) return
  const values = readValues(list.items(), vars)
  const specsFor = createSpecFilter(specs)
  for (const resource of list.items()) {
    const { node } = resource
    if (node === undefined) continue
    for (const spec of specsFor(resource)) {
      editFields(node, spec, { edit: (field) => expandField(field, values) })
    }
  }
}

function readValues(
  resources: readonly Resource[],
  vars: readonly Var[],
): ReadonlyMap<string, VarValue> {
  const bearers = new Map<string, Resource>()
  for (const resource of resources) {
    for (const name of resource.varNames) if (!bearers.has(name)) bearers.set(name, resource)
  }
  const values = new Map<string, VarValue>()
  for (const variable of vars) {
    const value = valueAt(bearers.get(variable.name), variable)
    if (value !== undefined) values.set(variable.name, value)
  }
  return values
}

function valueAt(resource: Resource | undefined, { name, fieldPath }: Var): VarValue | undefined {
  if (resource === undefined) {
    throw new BuildError(
      'VarNotFound',
      `vars: '${name}' points at no resource of this build; correct its objref`,
      { data: { name } },
    )
  }
  if (fieldPath.startsWith('metadata.annotations')) ensureAnnotations(resource)
  const field = findField(resource.node, fieldPath)
  if (field === undefined) {
    throw new BuildError(
      'VarNotFound',
      `vars: '${name}': there is no field '${fieldPath}'; correct its fieldref`,
      { data: { name } },
    )
  }
  return field.kind === 'scalar' ? scalarValue(field, name) : undefined
}

function findField(node: YamlNode | undefined, fieldPath: string): YamlNode | undefined {
  try {
    return lookup(node, smartPath(fieldPath).flatMap(splitIndex))
  } catch {
    return undefined
  }
}

/** `containers[0]` → `containers` and `0`. */
function splitIndex(part: string): string[] {
  const match = /^(.*)\[(\d+)\]$/.exec(part)
  if (match === null) return [part]
  const [, name = '', index = ''] = match
  return name === '' ? [index] : [name, index]
}

function scalarValue(field: YamlScalar, name: string): VarValue {
  if (!['!!int', '!!float', '!!bool'].includes(field.tag)) return field.value
  const value =
    field.tag === '!!int' ? decimalInteger(field.value) : nodeToJson({ ...field, style: 'plain' })
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  throw new BuildError('InvalidVar', `vars: '${name}': '${field.value}' cannot be read as a number`)
}

/** As Go's `strconv.Atoi`: decimal digits that fit 64 bits, so that `010` is ten. */
function decimalInteger(text: string): bigint | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined
  const value = BigInt(text)
  return value === BigInt.asIntN(64, value) ? value : undefined
}

function expandField(field: YamlNode, values: ReadonlyMap<string, VarValue>): void {
  switch (field.kind) {
    case 'scalar':
      if (isString(field)) writeValue(field, expandText(field.value, values))
      return
    case 'map':
      field.values.forEach((value, index) => {
        const key = field.keys[index]
        if (key !== undefined && !isString(key)) throw notText(key)
        if (value.kind === 'scalar' && isString(value)) {
          writeValue(value, expandText(value.value, values))
        }
      })
      return
    case 'list':
      for (const item of field.items) {
        if (item.kind !== 'scalar' || !isString(item)) throw notText(item)
        writeValue(item, expandText(item.value, values))
      }
  }
}

function isString(scalar: YamlScalar): boolean {
  return scalar.tag === '!!str' || scalar.tag === ''
}

function notText(node: YamlNode): BuildError {
  return new BuildError(
    'FieldType',
    `line ${node.line}: expected a string where vars are expanded; put the value in quotes`,
  )
}

function writeValue(scalar: YamlScalar, value: VarValue): void {
  scalar.isTagged = false
  scalar.style = 'plain'
  if (typeof value === 'string') {
    scalar.value = value
    scalar.tag = '!!str'
    return
  }
  scalar.value = typeof value === 'number' ? decimal(value) : String(value)
  scalar.tag = tagOf(value)
}

function tagOf(value: number | bigint | boolean): string {
  if (typeof value === 'boolean') return '!!bool'
  return typeof value === 'bigint' ? '!!int' : '!!float'
}

/** Without an exponent: Go's `FormatFloat(value, 'f', -1, 64)`. */
function decimal(value: number): string {
  const [mantissa = '', exponentText = '0'] = Math.abs(value).toExponential().split('e')
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const digits = mantissa.replace('.', '')
  const exponent = Number(exponentText)
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  const fraction = digits.slice(exponent + 1)
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`
}

/** As Go's `%v`. */
function textOf(value: VarValue): string {
  return typeof value === 'number' ? formatFloat(value) : String(value)
}

/** A text that is nothing but one reference takes the type of the value; `$$(` stands for `$(`. */
function expandText(text: string, values: ReadonlyMap<string, VarValue>): VarValue {
  let expanded = ''
  let done = 0
  for (let at = 0; at < text.length - 1; at++) {
    if (text[at] !== '$') continue
    expanded += text.slice(done, at)
    const next = text[at + 1]
    const end = next === '(' ? text.indexOf(')', at + 2) : -1
    if (end >= 0) {
      const name = text.slice(at + 2, end)
      const value = values.get(name) ?? `$(${name})`
      if (text === `$(${name})`) return value
      expanded += textOf(value)
      at = end
    } else {
      expanded += next === '$' ? '$' : `$${next}`
      at += 1
    }
    done = at + 1
  }
  return expanded + text.slice(done)
}
