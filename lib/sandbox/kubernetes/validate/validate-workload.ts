import {
  isJsonObject,
  type Json,
  type JsonObject,
  type KubeObject,
} from '../../../manifest/object.ts'
import { at, listAt, numberIn, objectAt, textIn } from '../json.ts'
import { unsupported } from '../options.ts'
import { compareQuantities } from '../quantity.ts'
import { type Cause, forbiddenValue, invalidValue, requiredValue } from '../status-error.ts'
import { dnsLabelFaults, portNameFaults } from './label-names.ts'

/** Counts, deadlines and the rollout of a workload, beside its pods. */
export function validateWorkload(object: KubeObject): readonly Cause[] {
  return [
    ...(counts[object.kind] ?? []).flatMap((name) => checkCount(object, name)),
    ...(object.kind === 'Deployment' ? checkRollout(object) : []),
    ...checkRestart(object),
    ...checkEmptySelector(object),
  ]
}

const counts: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['replicas', 'minReadySeconds', 'revisionHistoryLimit'],
  ReplicaSet: ['replicas', 'minReadySeconds'],
  StatefulSet: ['replicas', 'minReadySeconds', 'revisionHistoryLimit'],
  DaemonSet: ['minReadySeconds', 'revisionHistoryLimit'],
  Job: ['parallelism', 'completions', 'backoffLimit', 'activeDeadlineSeconds'],
}

const notNegative = 'must be greater than or equal to 0'

function checkCount(object: KubeObject, name: string): readonly Cause[] {
  const count = numberIn(object, 'spec', name) ?? 0
  return count < 0 ? [invalidValue(`spec.${name}`, count, notNegative)] : []
}

function checkRollout(object: KubeObject): readonly Cause[] {
  const deadline = numberIn(object, 'spec', 'progressDeadlineSeconds')
  const ready = numberIn(object, 'spec', 'minReadySeconds') ?? 0
  const isTooShort = deadline !== undefined && ready >= 0 && deadline <= ready
  const path = 'spec.progressDeadlineSeconds'
  return [
    ...checkRolling(objectAt(object, 'spec', 'strategy', 'rollingUpdate')),
    ...(isTooShort ? [invalidValue(path, deadline, 'must be greater than minReadySeconds')] : []),
  ]
}

const percentRule =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"

function checkRolling(rolling: JsonObject): readonly Cause[] {
  const path = 'spec.strategy.rollingUpdate'
  const faults = ['maxUnavailable', 'maxSurge'].flatMap((name): readonly Cause[] => {
    const value = rolling[name]
    if (typeof value === 'number' && value < 0) {
      return [invalidValue(`${path}.${name}`, value, notNegative)]
    }
    const isText = typeof value === 'string'
    if (isText && !/^[0-9]+%$/.test(value))
      return [invalidValue(`${path}.${name}`, value, percentRule)]
    const isOver = isText && name === 'maxUnavailable' && Number.parseInt(value, 10) > 100
    return isOver ? [invalidValue(`${path}.${name}`, value, 'must not be greater than 100%')] : []
  })
  const isStuck = isNothing(rolling.maxUnavailable) && isNothing(rolling.maxSurge)
  const why = 'may not be 0 when `maxSurge` is 0'
  return isStuck && faults.length === 0
    ? [invalidValue(`${path}.maxUnavailable`, rolling.maxUnavailable ?? 0, why)]
    : faults
}

function isNothing(value: Json | undefined): boolean {
  return value === 0 || value === '0%'
}

function checkRestart(object: KubeObject): readonly Cause[] {
  const isJob = object.kind === 'Job' || object.kind === 'CronJob'
  const root = object.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec'] : ['spec']
  const path = [...root, 'template', 'spec', 'restartPolicy']
  const policy = textIn(object, ...path)
  const field = path.join('.')
  if (isJob && (policy === 'Always' || policy === '')) {
    return [requiredValue(field, 'valid values: "OnFailure", "Never"')]
  }
  const known = isJob ? ['OnFailure', 'Never'] : ['Always']
  const isAsked = isJob || object.kind in counts
  return !isAsked || policy === '' || known.includes(policy)
    ? []
    : [unsupported(field, policy, known)]
}

const names: Readonly<Record<string, string>> = {
  Deployment: 'deployment',
  ReplicaSet: 'replica set',
}

function checkEmptySelector(object: KubeObject): readonly Cause[] {
  const selector = at(object, 'spec', 'selector')
  const name = names[object.kind]
  if (name === undefined || !isJsonObject(selector)) return []
  if (Object.keys(selector).length === 0) {
    return [invalidValue('spec.selector', {}, `empty selector is invalid for ${name}`)]
  }
  const faults = listAt(selector, 'matchExpressions').flatMap((expression, index) =>
    checkExpression(expression, `spec.selector.matchExpressions[${index}]`),
  )
  return faults.length === 0
    ? []
    : [...faults, invalidValue('spec.selector', selector, 'invalid label selector')]
}

function checkExpression(expression: Json, path: string): readonly Cause[] {
  const operator = textIn(expression, 'operator')
  const isEmpty = listAt(expression, 'values').length === 0
  if (operator === 'In' || operator === 'NotIn') {
    const why = "must be specified when `operator` is 'In' or 'NotIn'"
    return isEmpty ? [requiredValue(`${path}.values`, why)] : []
  }
  if (operator === 'Exists' || operator === 'DoesNotExist') {
    const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
    return isEmpty ? [] : [forbiddenValue(`${path}.values`, why)]
  }
  return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')]
}

/** Names of a container, of its variables and ports, and what it may use. */
export function validateContainers(containers: readonly Json[], path: string): readonly Cause[] {
  const taken = new Set<string>()
  return containers.flatMap((container, index) => {
    const here = `${path}[${index}]`
    const name = textIn(container, 'name')
    const isDouble = name !== '' && taken.has(name)
    taken.add(name)
    const message = `Duplicate value: ${JSON.stringify(name)}`
    return [
      ...(name === ''
        ? []
        : dnsLabelFaults(name).map((why) => invalidValue(`${here}.name`, name, why))),
      ...(isDouble ? [{ reason: 'FieldValueDuplicate', message, field: `${here}.name` }] : []),
      ...listAt(container, 'ports').flatMap((port, at) =>
        checkPortName(port, `${here}.ports[${at}]`),
      ),
      ...listAt(container, 'env').flatMap((variable, at) =>
        checkVariable(variable, `${here}.env[${at}]`),
      ),
      ...checkResources(objectAt(container, 'resources'), `${here}.resources`),
      ...['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((probe) =>
        checkProbe(at(container, probe), `${here}.${probe}`),
      ),
    ]
  })
}

function checkPortName(port: Json, path: string): readonly Cause[] {
  const name = textIn(port, 'name')
  if (name === '') return []
  return portNameFaults(name).map((why) => invalidValue(`${path}.name`, name, why))
}

function checkVariable(variable: Json, path: string): readonly Cause[] {
  const name = textIn(variable, 'name')
  const why =
    "a valid environment variable name must consist only of printable ASCII characters other than '='"
  return name === '' || /^[ -<>-~]+$/.test(name) ? [] : [invalidValue(`${path}.name`, name, why)]
}

function checkResources(resources: JsonObject, path: string): readonly Cause[] {
  const [limits, requests] = [objectAt(resources, 'limits'), objectAt(resources, 'requests')]
  const negative = (list: JsonObject, name: string): readonly Cause[] =>
    Object.entries(list)
      .filter(([, value]) => String(value).startsWith('-'))
      .map(([key, value]) => invalidValue(`${path}.${name}[${key}]`, value, notNegative))
  const over = Object.entries(requests).flatMap(([key, value]): readonly Cause[] => {
    const limit = limits[key]
    if (limit === undefined || compareQuantities(value, limit) <= 0) return []
    const why = `must be less than or equal to ${key} limit of ${String(limit)}`
    return [invalidValue(`${path}.requests`, value, why)]
  })
  return [...negative(limits, 'limits'), ...negative(requests, 'requests'), ...over]
}

const handlers = ['exec', 'grpc', 'httpGet', 'tcpSocket']

function checkProbe(probe: Json | undefined, path: string): readonly Cause[] {
  if (!isJsonObject(probe) || handlers.some((name) => probe[name] !== undefined)) return []
  return [requiredValue(path, 'must specify a handler type')]
}
