import { isJsonObject, type Json, type JsonObject } from '../manifest/object.ts'
import { parseDuration } from './duration.ts'

/** What is wrong with one field. An error keeps the object from being used; a notice does not. */
export type FieldFault = {
  readonly severity: 'error' | 'notice'
  /** `spec.sourceRef.name`; empty for the object itself. */
  readonly field: string
  readonly message: string
  readonly remedy: string
}

/**
 * Narrows the fields of one map, collecting every fault instead of throwing at the first.
 * A method called on an absent or faulty field returns undefined (or the empty list or map).
 */
export type Fields = {
  readonly text: (key: string, rule?: TextRule) => string | undefined
  readonly requiredText: (key: string, rule?: TextRule) => string
  readonly choice: <T extends string>(key: string, choices: readonly T[]) => T | undefined
  readonly requiredChoice: <T extends string>(key: string, choices: readonly T[]) => T | undefined
  readonly flag: (key: string) => boolean | undefined
  readonly wholeNumber: (key: string, range: NumberRange) => number | undefined
  readonly durationMs: (key: string, rule?: TextRule) => number | undefined
  readonly requiredDurationMs: (key: string) => number
  readonly texts: (key: string) => readonly string[]
  /** Entries that are null count as absent, as for Kubernetes. */
  readonly textMap: (key: string) => Readonly<Record<string, string>> | undefined
  readonly section: (key: string) => Fields | undefined
  readonly requiredSection: (key: string) => Fields
  readonly sections: (key: string) => readonly Fields[]
  /** One section or more may stand there, but the list itself must. */
  readonly requiredSections: (key: string) => readonly Fields[]
  readonly raw: (key: string) => Json | undefined
  readonly has: (key: string) => boolean
  readonly fault: (key: string, message: string, remedy: string) => void
  /** Reports fields that nobody asked for. */
  readonly finish: () => void
}

export type NumberRange = { readonly least: number; readonly most: number }

export type TextRule = { readonly pattern: RegExp; readonly remedy: string }

/** A reader over `value`, whose faults go to `faults` under the path `at`. */
export function createFields(value: Json | undefined, at: string, faults: FieldFault[]): Fields {
  const opened = openMap(value, at, faults)
  const { take, report, finish } = opened
  return {
    ...textFields(opened),
    ...collectionFields(opened),
    flag: (key) => typed(opened, key, isFlag, 'true or false'),
    wholeNumber: (key, { least, most }) => {
      const isInRange = (found: Json): found is number =>
        Number.isInteger(found) && Number(found) >= least && Number(found) <= most
      return typed(opened, key, isInRange, `a whole number from ${least} to ${most}`)
    },
    raw: take,
    has: (key) => take(key) !== undefined,
    fault: (key, message, remedy) => report('error', key, message, remedy),
    finish,
  }
}

/** One map whose fields are being asked for. */
type OpenMap = {
  /** The field, which counts as asked for from now on; undefined where it is absent or null. */
  readonly take: (key: string) => Json | undefined
  readonly report: Report
  /** A reader over what was found at `key`; it finishes with this one. */
  readonly child: (found: Json, key: string) => Fields
  readonly finish: () => void
}

type Report = (s: FieldFault['severity'], key: string, message: string, remedy: string) => void

function openMap(value: Json | undefined, at: string, faults: FieldFault[]): OpenMap {
  const map = mapOf(value, at, faults)
  const asked = new Set<string>()
  const children: Fields[] = []
  const pathOf = (key: string) => (at === '' ? key : `${at}.${key}`)
  const report: Report = (severity, key, message, remedy) =>
    void faults.push({ severity, field: pathOf(key), message, remedy })
  return {
    take: (key) => {
      asked.add(key)
      const found = Object.hasOwn(map, key) ? map[key] : undefined
      return found === null ? undefined : found
    },
    report,
    child: (found, key) => {
      const fields = createFields(found, pathOf(key), faults)
      children.push(fields)
      return fields
    },
    finish: () => {
      for (const key of Object.keys(map)) {
        if (!asked.has(key)) report('notice', key, 'is unknown and ignored', 'check its spelling')
      }
      for (const fields of children) fields.finish()
    },
  }
}

type TextFields = Pick<
  Fields,
  'text' | 'requiredText' | 'choice' | 'requiredChoice' | 'durationMs' | 'requiredDurationMs'
>

function textFields(opened: OpenMap): TextFields {
  const { take, report } = opened
  const text: Fields['text'] = (key, rule) => {
    const found = typed(opened, key, isText, 'a text', textRemedy)
    if (found === undefined || rule === undefined || rule.pattern.test(found)) return found
    report('error', key, `'${shortened(found)}' is not allowed`, rule.remedy)
    return undefined
  }
  const choice: Fields['choice'] = (key, choices) => {
    const found = text(key)
    const known = choices.find((entry) => entry === found)
    if (found !== undefined && known === undefined) {
      report('error', key, `'${shortened(found)}' is unknown`, `write ${choices.join(', ')}`)
    }
    return known
  }
  const durationMs: Fields['durationMs'] = (key, rule) => {
    const number = take(key)
    if (typeof number === 'number') {
      report('error', key, `is ${describe(number)}, not a text`, durationRemedy)
      return undefined
    }
    const found = text(key, rule)
    const parsed = found === undefined ? undefined : parseDuration(found)
    if (found !== undefined && parsed === undefined) {
      report('error', key, `'${shortened(found)}' is no duration`, durationRemedy)
    }
    return parsed
  }
  return {
    text,
    requiredText: (key, rule) => required(opened, key, text(key, rule), ''),
    choice,
    requiredChoice: (key, choices) => {
      if (take(key) === undefined) {
        report('error', key, 'is missing', `write ${choices.join(', ')}`)
      }
      return choice(key, choices)
    },
    durationMs,
    requiredDurationMs: (key) => required(opened, key, durationMs(key), 0),
  }
}

type CollectionFields = Pick<
  Fields,
  'texts' | 'textMap' | 'section' | 'requiredSection' | 'sections' | 'requiredSections'
>

function collectionFields(opened: OpenMap): CollectionFields {
  const { take, report, child } = opened
  const list = (key: string): readonly Json[] => typed(opened, key, isList, 'a list') ?? []
  const map = (key: string) => typed(opened, key, isJsonObject, 'a map')
  const sections: Fields['sections'] = (key) =>
    list(key).map((entry, index) => child(entry, `${key}[${index}]`))
  return {
    texts: (key) =>
      list(key).flatMap((entry, index) => textEntry(entry, `${key}[${index}]`, report)),
    textMap: (key) => {
      const found = map(key)
      if (found === undefined) return undefined
      return Object.fromEntries(
        Object.entries(found)
          .filter(([, entry]) => entry !== null)
          .flatMap(([name, entry]) =>
            textEntry(entry, `${key}.${name}`, report).map((value) => [name, value] as const),
          ),
      )
    },
    section: (key) => {
      const found = map(key)
      return found === undefined ? undefined : child(found, key)
    },
    requiredSection: (key) => child(required(opened, key, map(key), {}), key),
    sections,
    requiredSections: (key) => {
      if (take(key) === undefined) report('error', key, 'is missing', 'add the list')
      return sections(key)
    },
  }
}

function typed<T>(
  { take, report }: OpenMap,
  key: string,
  isWanted: (found: Json) => found is T & Json,
  wanted: string,
  remedy: (found: Json) => string = () => `write ${wanted}`,
): (T & Json) | undefined {
  const found = take(key)
  if (found === undefined || isWanted(found)) return found
  report('error', key, `is ${describe(found)}, not ${wanted}`, remedy(found))
  return undefined
}

function required<T>({ take, report }: OpenMap, key: string, found: T | undefined, fallback: T): T {
  if (found === undefined && take(key) === undefined) report('error', key, 'is missing', 'add it')
  return found ?? fallback
}

/** A text of `least` to `most` characters. */
export function lengthRule({ least, most }: NumberRange): TextRule {
  return {
    pattern: new RegExp(`^[^]{${least},${most}}$`),
    remedy: `write ${least} to ${most} characters`,
  }
}

function mapOf(value: Json | undefined, at: string, faults: FieldFault[]): JsonObject {
  if (isJsonObject(value)) return value
  if (value !== undefined && value !== null) {
    const message = `is ${describe(value)}, not a map`
    faults.push({ severity: 'error', field: at, message, remedy: 'write a map' })
  }
  return {}
}

function textEntry(entry: Json, key: string, report: Report): readonly string[] {
  if (typeof entry === 'string') return [entry]
  report('error', key, `is ${describe(entry)}, not a text`, textRemedy(entry))
  return []
}

const durationRemedy = 'write a duration such as 10m, 1h30m or 90s, at most ten years'

/** `commit: 1234567` and `value: on` were meant as texts. */
function textRemedy(found: Json): string {
  return typeof found === 'object' ? 'write a text' : 'put it in quotes'
}

const isText = (value: Json): value is string => typeof value === 'string'
const isFlag = (value: Json): value is boolean => typeof value === 'boolean'
const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

function describe(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  return `the ${typeof value} ${shortened(String(value))}`
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}
