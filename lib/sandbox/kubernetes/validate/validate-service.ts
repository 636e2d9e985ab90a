import type { Json, KubeObject } from '../../../manifest/object.ts'
import { at, listAt, numberIn, objectAt, textIn } from '../json.ts'
import { type Cause, forbiddenValue, invalidValue, requiredValue } from '../status-error.ts'
import { dnsLabelFaults, portNameFaults, subdomainFaults } from './label-names.ts'
import { checkLabels } from './validate-metadata.ts'

/** Ports, addresses and the selector of a Service. */
export function validateService(object: KubeObject): readonly Cause[] {
  const ports = listAt(object, 'spec', 'ports')
  const type = textIn(object, 'spec', 'type')
  const isHeadless = textIn(object, 'spec', 'clusterIP') === 'None'
  if (ports.length === 0 && type !== 'ExternalName' && !isHeadless) {
    return [requiredValue('spec.ports')]
  }
  return [
    ...checkAddress(object, type),
    ...ports.flatMap((port, index) => checkServicePort(ports, port, index, type)),
    ...ports.flatMap((port, index) => checkDouble(ports, port, index)),
    ...checkLabels(objectAt(object, 'spec', 'selector'), 'spec.selector'),
  ]
}

function checkServicePort(
  ports: readonly Json[],
  port: Json,
  index: number,
  type: string,
): readonly Cause[] {
  const path = `spec.ports[${index}]`
  const name = textIn(port, 'name')
  const isNamed = ports.findIndex((other) => textIn(other, 'name') === name) < index && name !== ''
  const misnamed =
    name === '' ? [] : dnsLabelFaults(name).map((why) => invalidValue(`${path}.name`, name, why))
  const hasOwnPort = (numberIn(port, 'nodePort') ?? 0) !== 0 && type === 'ClusterIP'
  const message = `Duplicate value: ${JSON.stringify(name)}`
  return [
    ...(isNamed ? [{ reason: 'FieldValueDuplicate', message, field: `${path}.name` }] : []),
    ...(ports.length > 1 && name === '' ? [requiredValue(`${path}.name`)] : []),
    ...misnamed,
    ...checkPort(at(port, 'port'), `${path}.port`),
    ...checkTargetPort(at(port, 'targetPort'), `${path}.targetPort`),
    ...(hasOwnPort
      ? [forbiddenValue(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'")]
      : []),
  ]
}

/** Two ports of one protocol; told with the fields that the server's own type has. */
function checkDouble(ports: readonly Json[], port: Json, index: number): readonly Cause[] {
  const [Protocol, Port] = [textIn(port, 'protocol'), numberIn(port, 'port') ?? 0]
  const isFirst =
    ports.findIndex(
      (other) => textIn(other, 'protocol') === Protocol && numberIn(other, 'port') === Port,
    ) === index
  if (isFirst || Port === 0) return []
  const told = { Name: '', Protocol, AppProtocol: null, Port, TargetPort: 0, NodePort: 0 }
  const message = `Duplicate value: ${JSON.stringify(told)}`
  return [{ reason: 'FieldValueDuplicate', message, field: `spec.ports[${index}]` }]
}

function checkTargetPort(target: Json | undefined, field: string): readonly Cause[] {
  // Nought is no port of its own: the Service's stands for it.
  if (typeof target === 'number') return target === 0 ? [] : checkPort(target, field)
  if (typeof target !== 'string') return []
  return portNameFaults(target).map((why) => invalidValue(field, target, why))
}

export function checkPort(port: Json | undefined, field: string): readonly Cause[] {
  const isPort = typeof port === 'number' && port >= 1 && port <= 65_535
  return isPort ? [] : [invalidValue(field, port ?? 0, 'must be between 1 and 65535, inclusive')]
}

function checkAddress(object: KubeObject, type: string): readonly Cause[] {
  if (type === 'ExternalName') {
    const name = textIn(object, 'spec', 'externalName')
    const field = 'spec.externalName'
    if (name === '') return [requiredValue(field)]
    return subdomainFaults(name.replace(/\.$/, '')).map((why) => invalidValue(field, name, why))
  }
  const address = textIn(object, 'spec', 'clusterIP')
  const field = 'spec.clusterIPs[0]'
  if (address === 'None' && (type === 'LoadBalancer' || type === 'NodePort')) {
    return [invalidValue(field, address, `may not be set to 'None' for ${type} services`)]
  }
  const isAddress = address === '' || address === 'None' || /^[0-9a-fA-F.:]+$/.test(address)
  const why = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
  return isAddress ? [] : [invalidValue(field, address, why)]
}
