import { type Document, isMap, isNode, LineCounter, parseAllDocuments } from 'yaml'
import {
  annotationsOf,
  isKubeObject,
  type KubeObject,
  splitApiVersion,
} from '../manifest/object.ts'
import { type ClusterSpec, readCluster } from './cluster.ts'
import { createFields, type FieldFault } from './fields.ts'
import { type FleetObject, isFluxObject, readFleetObject } from './fleet-object.ts'
import { formatId } from './object-id.ts'

export type FleetFile = { readonly file: string; readonly text: string }

export type ClusterObject = {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly object: KubeObject
  readonly spec: ClusterSpec
}

/** What is usable, and everything that is not, told in one pass. */
export type Fleet = {
  readonly clusters: readonly ClusterObject[]
  /** Names of all Clusters, also of those that are not usable. */
  readonly declared: readonly string[]
  readonly objects: readonly FleetObject[]
  readonly faults: readonly FleetFault[]
}

/** What the whole fleet says to a part of it that is read alone. */
export type FleetContext = {
  /** Names of the usable Clusters, in this part and elsewhere. */
  readonly clusters: ReadonlySet<string>
  /** The cluster of what names none. */
  readonly only: string | undefined
  /** Whether an id, or `Cluster/<name>`, stands in another part. */
  readonly isTaken: (subject: string) => boolean
}

export type FleetFault = FieldFault & {
  readonly file: string
  /** 1 for the first line. */
  readonly line: number
  /** `Cluster/staging`; empty where the text could not be read as an object. */
  readonly object: string
}

export const clusterAnnotation = 'fleet.driftless.dev/cluster'
const fleetGroup = 'fleet.driftless.dev'
const defaultNamespace = 'flux-system'
const maxFileCharacters = 8 * 1024 * 1024

/** Reads a whole fleet, or a part of one. One bad object, or one bad file, never stops the others. */
export function loadFleet(files: readonly FleetFile[], context?: FleetContext): Fleet {
  const documents = files.flatMap(readFile)
  const faults = documents.flatMap((document) => document.faults)
  const isFirst = createSeen(context)
  const objects = documents.filter((document) => document.object !== undefined)
  const clusters = objects.flatMap((entry) => readClusterObject(entry, isFirst, faults))
  const declared = [...new Set(objects.flatMap(clusterNameOf))]
  const names = context ?? {
    clusters: new Set(clusters.map(({ name }) => name)),
    // A faulty second Cluster still counts: what names no cluster must not fall to the one that is left.
    only: declared.length === 1 ? clusters[0]?.name : undefined,
  }
  const fluxObjects = objects.flatMap((entry) => readFluxObject(entry, names, isFirst, faults))
  return { clusters, declared, objects: fluxObjects, faults }
}

/** Says whether a subject comes for the first time. */
type IsFirst = (subject: string) => boolean

function createSeen(context: FleetContext | undefined): IsFirst {
  const seen = new Set<string>()
  return (subject) => {
    if (seen.has(subject) || context?.isTaken(subject) === true) return false
    seen.add(subject)
    return true
  }
}

/** `file:line: Kind/name field: message; remedy`: one line a fault, as compilers write them. */
export function formatFault(fault: FleetFault): string {
  const subject = [fault.object, fault.field].filter((part) => part !== '').join(' ')
  return `${fault.file}:${fault.line}: ${subject}${subject === '' ? '' : ' '}${fault.message}; ${fault.remedy}`
}

type FleetDocument = {
  readonly file: string
  readonly object?: KubeObject
  readonly lineOf: (field: string) => number
  readonly faults: FleetFault[]
}

function readFile({ file, text }: FleetFile): readonly FleetDocument[] {
  const fault = (line: number, message: string, remedy: string): FleetFault => {
    return { severity: 'error', file, line, object: '', field: '', message, remedy }
  }
  if (text.length > maxFileCharacters) {
    const tooLarge = fault(1, `is larger than ${maxFileCharacters} characters`, 'split the file')
    return [{ file, lineOf: () => 1, faults: [tooLarge] }]
  }
  const lineCounter = new LineCounter()
  const parsed = parseAllDocuments(text, { lineCounter, merge: true })
  const documents = Array.isArray(parsed) ? parsed : []
  return documents.flatMap((document): readonly FleetDocument[] => {
    const lineOf = (field: string) => lineIn(document, field, lineCounter)
    const faults = document.errors.map((error) =>
      fault(lineCounter.linePos(error.pos[0]).line, firstLine(error.message), 'correct the YAML'),
    )
    if (faults.length > 0) return [{ file, lineOf, faults }]
    const value = plainValue(document)
    if (value === null) return []
    if (isKubeObject(value)) return [{ file, lineOf, faults, object: value }]
    const message = 'is no Kubernetes object: apiVersion, kind or metadata.name is missing'
    return [{ file, lineOf, faults: [fault(lineOf(''), message, 'add what is missing')] }]
  })
}

/** Aliases that multiply make `toJS` throw; such a document is no object. */
function plainValue(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch {
    return undefined
  }
}

function readClusterObject(
  { file, object, lineOf }: FleetDocument,
  isFirst: IsFirst,
  faults: FleetFault[],
): readonly ClusterObject[] {
  if (object === undefined || !isClusterKind(object)) return []
  const found: FieldFault[] = []
  const name = object.metadata.name
  const subject = `Cluster/${name}`
  if (!/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    const remedy = 'use at most 63 lower case letters, digits and -'
    found.push({ severity: 'error', field: 'metadata.name', message: 'is no valid name', remedy })
  }
  if (!isFirst(subject)) found.push(duplicate)
  const fields = createFields(object.spec, 'spec', found)
  const spec = readCluster(fields)
  fields.finish()
  faults.push(...found.map((entry) => locate(entry, file, subject, lineOf)))
  if (found.some(({ severity }) => severity === 'error')) return []
  const labels = createFields(object.metadata, 'metadata', []).textMap('labels') ?? {}
  return [{ name, labels, object, spec }]
}

function readFluxObject(
  { file, object, lineOf }: FleetDocument,
  names: ClusterNames,
  isFirst: IsFirst,
  faults: FleetFault[],
): readonly FleetObject[] {
  if (object === undefined || isClusterKind(object)) return []
  const subject = `${object.kind}/${object.metadata.name}`
  const report = (fault: FieldFault) => void faults.push(locate(fault, file, subject, lineOf))
  if (!isFluxObject(splitApiVersion(object.apiVersion))) {
    report({
      severity: 'error',
      field: 'kind',
      message: `${object.apiVersion} ${object.kind} is no object of a fleet`,
      remedy: `a fleet holds Cluster (${fleetGroup}/v1) and Flux's objects; put others in a repository`,
    })
    return []
  }
  const cluster = clusterOf(object, names)
  if (cluster === undefined) {
    const remedy = `name one of: ${[...names.clusters].join(', ') || '(no Cluster is usable)'}`
    const field = `metadata.annotations.${clusterAnnotation}`
    report({ severity: 'error', field, message: 'names no cluster of this fleet', remedy })
    // What else is wrong with it is told in the same pass.
    readFleetObject(withNamespace(object), '').faults.forEach(report)
    return []
  }
  const read = readFleetObject(withNamespace(object), cluster)
  read.faults.forEach(report)
  if (isFirst(formatId(read.id))) return [read]
  report(duplicate)
  return []
}

const duplicate: FieldFault = {
  severity: 'error',
  field: 'metadata.name',
  message: 'stands in the fleet twice',
  remedy: 'remove one of the two',
}

function isClusterKind(object: KubeObject): boolean {
  return object.kind === 'Cluster' && object.apiVersion === `${fleetGroup}/v1`
}

function clusterNameOf({ object }: FleetDocument): readonly string[] {
  return object !== undefined && isClusterKind(object) ? [object.metadata.name] : []
}

type ClusterNames = Pick<FleetContext, 'clusters' | 'only'>

function clusterOf(object: KubeObject, { clusters, only }: ClusterNames): string | undefined {
  const named = annotationsOf(object)[clusterAnnotation]
  if (named === undefined) return only
  return clusters.has(named) ? named : undefined
}

function withNamespace(object: KubeObject): KubeObject {
  if (typeof object.metadata.namespace === 'string') return object
  return { ...object, metadata: { ...object.metadata, namespace: defaultNamespace } }
}

function locate(
  fault: FieldFault,
  file: string,
  object: string,
  lineOf: FleetDocument['lineOf'],
): FleetFault {
  return { ...fault, file, object, line: lineOf(fault.field) }
}

/** The line of a field, or of the nearest thing around it that is there. */
function lineIn(document: Document, field: string, lines: LineCounter): number {
  const path = field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part))
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent = document.getIn(path.slice(0, depth - 1), true)
    const pair = isMap(parent)
      ? parent.items.find(({ key }) => isNode(key) && String(key) === String(path[depth - 1]))
      : undefined
    const node = pair === undefined ? document.getIn(path.slice(0, depth), true) : pair.key
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return lines.linePos(document.contents?.range?.[0] ?? 0).line
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? text
}
