import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
} from '../../../manifest/object.ts'
import type { Field, MapSchema, Schema } from '../discovery/schema.ts'
import { at, listAt, objectAt, textIn } from '../json.ts'
import { type Cause, forbiddenValue, invalidValue, requiredValue } from '../status-error.ts'
import { validateBinding, validateRole } from './validate-access.ts'
import { validateClaim } from './validate-claim.ts'
import { validateConfigMap, validateSecret } from './validate-config.ts'
import { validateIngress } from './validate-ingress.ts'
import { checkPort, validateService } from './validate-service.ts'
import { validateContainers, validateWorkload } from './validate-workload.ts'

/** What a built-in object lacks or has wrong, as far as the stand-in looks: required fields, enums and selectors. */
export function validateBuiltin(object: KubeObject, schema: Schema): readonly Cause[] {
  const general = isJudgedAlone(object) ? [] : checkValue(object, schema, '')
  return [...general, ...checkSelector(object), ...checkOwnRules(object)]
}

/** Kinds whose own rules say all that there is to say, in other words than the general ones. */
function isJudgedAlone({ kind }: KubeObject): boolean {
  return /^(Cluster)?Role(Binding)?$/.test(kind)
}

function checkValue(value: Json, schema: Schema, path: string): readonly Cause[] {
  if (Array.isArray(value)) {
    const item = schema.list?.item()
    if (item?.map === undefined) return []
    return value.flatMap((element: Json, index) => checkValue(element, item, `${path}[${index}]`))
  }
  if (!isJsonObject(value) || schema.map === undefined) return []
  return schema.map.fields.size === 0 ? [] : checkFields(value, schema.map, path)
}

/** Status is the controllers' own: what they leave out is their affair. */
function checkFields(value: JsonObject, map: MapSchema, path: string): readonly Cause[] {
  const missing = map.required
    .filter((key) => isMissing(at(value, key), map.fields.get(key)))
    .map((key) => requiredValue(join(path, key)))
  const inner = Object.entries(value).flatMap(([key, child]) => {
    const field = map.fields.get(key)
    const isOwn = path === '' && (key === 'status' || key === 'metadata')
    if (field === undefined || isOwn) return []
    return [
      ...checkEnum(child, field, join(path, key)),
      ...checkValue(child, field.schema(), join(path, key)),
    ]
  })
  return [...missing, ...inner]
}

function isMissing(value: Json | undefined, field: Field | undefined): boolean {
  if (value === undefined) return true
  if (value === null) return field?.schema().list === undefined || field.mergeKey !== undefined
  // A required text that is written even when empty was not given.
  return value === '' && field?.zero === 'keep' && field.default === ''
}

function checkEnum(value: Json, field: Field, path: string): readonly Cause[] {
  if (field.enum === undefined || typeof value !== 'string' || field.enum.includes(value)) return []
  const supported = field.enum.map((item) => JSON.stringify(item)).join(', ')
  return [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
      field: path,
    },
  ]
}

const selected: ReadonlySet<string> = new Set([
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
])

function checkSelector(object: KubeObject): readonly Cause[] {
  if (!selected.has(object.kind)) return []
  const wanted = objectAt(object, 'spec', 'selector', 'matchLabels')
  const labels = at(object, 'spec', 'template', 'metadata', 'labels') ?? null
  const isMatched = Object.entries(wanted).every(([key, value]) => at(labels, key) === value)
  if (isMatched) return []
  const why = '`selector` does not match template `labels`'
  return [invalidValue('spec.template.metadata.labels', labels, why)]
}

function checkOwnRules(object: KubeObject): readonly Cause[] {
  const checkTemplate = templatePaths[object.kind]
  const spec = checkTemplate === undefined ? undefined : at(object, ...checkTemplate)
  const path = checkTemplate?.join('.') ?? ''
  return [
    ...(isJsonObject(spec) ? checkPod(spec, path) : []),
    ...(object.kind === 'Deployment' ? checkStrategy(object) : []),
    ...validateWorkload(object),
    ...(kindRules.get(object.kind)?.(object) ?? []),
  ]
}

const kindRules: ReadonlyMap<string, (object: KubeObject) => readonly Cause[]> = new Map([
  ['ClusterRole', validateRole],
  ['ClusterRoleBinding', validateBinding],
  ['ConfigMap', validateConfigMap],
  ['Role', validateRole],
  ['RoleBinding', validateBinding],
  ['Ingress', validateIngress],
  ['PersistentVolumeClaim', validateClaim],
  ['Secret', validateSecret],
  ['Service', validateService],
])

function checkStrategy(object: KubeObject): readonly Cause[] {
  const strategy = objectAt(object, 'spec', 'strategy')
  if (strategy.type !== 'Recreate' || strategy.rollingUpdate === undefined) return []
  const why = "may not be specified when strategy `type` is 'Recreate'"
  return [forbiddenValue('spec.strategy.rollingUpdate', why)]
}

const templatePaths: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  Deployment: ['spec', 'template', 'spec'],
  ReplicaSet: ['spec', 'template', 'spec'],
  StatefulSet: ['spec', 'template', 'spec'],
  DaemonSet: ['spec', 'template', 'spec'],
  Job: ['spec', 'template', 'spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
}

function checkPod(spec: JsonObject, path: string): readonly Cause[] {
  const volumes = new Set(listAt(spec, 'volumes').map((volume) => textIn(volume, 'name')))
  const named = ['initContainers', 'containers'].flatMap((list) =>
    validateContainers(listAt(spec, list), `${path}.${list}`),
  )
  const inner = ['initContainers', 'containers'].flatMap((list) =>
    listAt(spec, list).flatMap((container, index) => {
      const here = `${path}.${list}[${index}]`
      const image = textIn(container, 'image') === '' ? [requiredValue(`${here}.image`)] : []
      const ports = checkContainerPorts(listAt(container, 'ports'), `${here}.ports`)
      const mounts = listAt(container, 'volumeMounts').flatMap((mount, position) => {
        const name = textIn(mount, 'name')
        if (volumes.has(name)) return []
        const field = `${here}.volumeMounts[${position}].name`
        return [
          { reason: 'FieldValueNotFound', message: `Not found: ${JSON.stringify(name)}`, field },
        ]
      })
      return [...image, ...ports, ...checkVariables(container, here), ...mounts]
    }),
  )
  return [...named, ...inner]
}

function checkContainerPorts(ports: readonly Json[], path: string): readonly Cause[] {
  const names = ports.map((port) => textIn(port, 'name'))
  return ports.flatMap((port, index) => [
    ...duplicate(names, index, `${path}[${index}].name`),
    ...checkPort(at(port, 'containerPort'), `${path}[${index}].containerPort`),
  ])
}

function checkVariables(container: Json, path: string): readonly Cause[] {
  return listAt(container, 'env').flatMap((variable, index) => {
    const isDouble = textIn(variable, 'value') !== '' && at(variable, 'valueFrom') !== undefined
    const why = 'may not be specified when `value` is not empty'
    return isDouble ? [invalidValue(`${path}.env[${index}].valueFrom`, '', why)] : []
  })
}

function duplicate(names: readonly string[], index: number, field: string): readonly Cause[] {
  const name = names[index] ?? ''
  if (name === '' || names.indexOf(name) === index) return []
  const message = `Duplicate value: ${JSON.stringify(name)}`
  return [{ reason: 'FieldValueDuplicate', message, field }]
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}
