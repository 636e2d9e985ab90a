import { parse } from 'yaml'
import { createIgnore } from '../../lib/artifact/ignore.ts'
import { computeStatus } from '../../lib/health/status.ts'
import { envsubst } from '../../lib/kustomize/flux/envsubst.ts'
import { isOptedOut, substituteObject } from '../../lib/kustomize/flux/substitute.ts'
import { nodeToJson } from '../../lib/manifest/node-json.ts'
import {
  isJsonObject,
  isKubeObject,
  type Json,
  type JsonObject,
  type KubeObject,
  textAt,
} from '../../lib/manifest/object.ts'
import { printYaml } from '../../lib/manifest/print.ts'
import { readDocuments } from '../../lib/manifest/read.ts'
import { messageOf } from '../../lib/status/error.ts'
import type { Answer } from './build-case.ts'

export type FluxKind = 'envsubst' | 'substitute' | 'ignore' | 'kstatus'

/** What one of Flux's libraries was asked, and what it answered. */
export type FluxCase = {
  readonly name: string
  readonly kind: FluxKind
  readonly want: Answer
  readonly run: () => Answer
}

/** Reads a line of a `.jsonl` file; what it asks is told by the fields it has. */
export function parseFluxCase(value: unknown, where: string): FluxCase {
  const entry: Json = JSON.parse(JSON.stringify(value))
  if (!isJsonObject(entry) || !isJsonObject(entry.want)) throw new Error(`${where}: no case`)
  const kind = kindOf(entry)
  return {
    name: textAt(entry, 'id') || where,
    kind,
    want: wanted(kind, entry.want),
    run: () => orFault(() => run[kind](entry)),
  }
}

function kindOf(entry: JsonObject): FluxKind {
  if ('input' in entry) return 'envsubst'
  if ('paths' in entry) return 'ignore'
  return 'vars' in entry ? 'substitute' : 'kstatus'
}

function wanted(kind: FluxKind, want: JsonObject): Answer {
  const { error } = want
  if (kind === 'kstatus') {
    const isFault = typeof error === 'string'
    return { text: statusText(isFault ? 'Unknown' : want.status, isFault ? error : want.message) }
  }
  if (error !== undefined) return { fault: String(error) }
  if (kind === 'ignore') return { text: JSON.stringify(want.excluded) }
  return { text: want.skipped === true ? skipped : textAt(want, 'output') }
}

const skipped = '(left as it is)'

function orFault(answer: () => string): Answer {
  try {
    return { text: answer() }
  } catch (thrown) {
    return { fault: messageOf(thrown) }
  }
}

const run: Readonly<Record<FluxKind, (entry: JsonObject) => string>> = {
  envsubst: (entry) =>
    envsubst(textAt(entry, 'input'), variablesOf(entry), { isStrict: entry.strict === true }),
  substitute: runSubstitute,
  ignore: runIgnore,
  kstatus: (entry) => {
    const { status, message } = computeStatus(objectOf(textAt(entry, 'object')), now)
    return statusText(status, message)
  },
}

function variablesOf({ vars }: JsonObject): ReadonlyMap<string, string> {
  const entries = Object.entries(isJsonObject(vars) ? vars : {})
  return new Map(entries.map(([name, text]) => [name, String(text).replaceAll('\n', '')]))
}

function runSubstitute(entry: JsonObject): string {
  const [node] = readDocuments(textAt(entry, 'object'))
  const object = node === undefined ? null : nodeToJson(node)
  if (!isKubeObject(object)) throw new Error('no object')
  if (isOptedOut(object)) return skipped
  const variables = variablesOf(entry)
  if (variables.size === 0 && entry.always !== true) return printYaml(object)
  const options = { isStrict: entry.strict === true, strategy: 'Always' } as const
  return printYaml(substituteObject(object, variables, options))
}

function runIgnore(entry: JsonObject): string {
  const { ignoreFiles, paths } = entry
  const files = Object.entries(isJsonObject(ignoreFiles) ? ignoreFiles : {})
  const ignore = createIgnore({
    ignoreFiles: new Map(files.map(([folder, text]) => [folder, String(text)])),
    ...(entry.hasSpecIgnore === true ? { specIgnore: textAt(entry, 'specIgnore') } : {}),
  })
  const asked = Array.isArray(paths) ? paths.map(String) : []
  const excluded = asked.map((path) => ignore(path.replace(/\/$/, ''), path.endsWith('/')))
  return JSON.stringify(excluded)
}

/** Ages count from here, as they did when the cases were recorded. */
const now = new Date('2026-11-23T12:00:00Z')

function statusText(status: unknown, message: unknown): string {
  return `${String(status)}: ${String(message)}\n`
}

/** Some cases have no name: kstatus does not ask for one, an object of ours has one. */
function objectOf(text: string): KubeObject {
  const value: unknown = parse(text)
  if (!isJsonObject(value) || !isJsonObject(value.metadata)) throw new Error('no object')
  const object = { ...value, metadata: { name: 'unnamed', ...value.metadata } }
  if (!isKubeObject(object)) throw new Error('no object')
  return object
}
