import { RE2JS } from 're2js'
import { annotationsOf, type KubeObject, labelsOf, refOf } from '../manifest/object.ts'
import { messageOf } from '../status/error.ts'
import { ApplyError } from './apply-error.ts'
import { parseSelector } from './label-selector.ts'

/** Which objects a rule is for. Patterns match the whole text; what is absent or empty matches everything. */
export type IgnoreTarget = {
  readonly group?: string
  readonly version?: string
  readonly kind?: string
  readonly namespace?: string
  readonly name?: string
  readonly labelSelector?: string
  readonly annotationSelector?: string
}

const patternFields = ['group', 'version', 'kind', 'namespace', 'name'] as const

/** Throws ApplyError `InvalidIgnoreRule`, in the words of Flux, where a pattern or selector is wrong. */
export function compileTarget(target: IgnoreTarget | undefined): (object: KubeObject) => boolean {
  if (target === undefined) return () => true
  const patterns = patternFields.flatMap((field) => {
    const text = target[field]
    return text ? [{ field, pattern: compilePattern(field, text) }] : []
  })
  const labels = compileSelector('label', target.labelSelector)
  const annotations = compileSelector('annotation', target.annotationSelector)
  return (object) => {
    const ref = refOf(object)
    return (
      patterns.every(({ field, pattern }) => pattern.matcher(ref[field]).matches()) &&
      labels(labelsOf(object)) &&
      annotations(annotationsOf(object))
    )
  }
}

function compilePattern(field: string, text: string): RE2JS {
  try {
    return RE2JS.compile(`^(?:${text})$`)
  } catch (cause) {
    throw invalidRule(`invalid ${field} regex: ${messageOf(cause)}`, cause)
  }
}

function compileSelector(
  noun: string,
  text: string | undefined,
): (values: Readonly<Record<string, string>>) => boolean {
  const selector = parseSelector(text ?? '')
  if (selector === undefined)
    throw invalidRule(`invalid ${noun} selector: unable to parse '${text}'`)
  return selector
}

function invalidRule(fault: string, cause?: unknown): ApplyError {
  return new ApplyError(
    'InvalidIgnoreRule',
    `failed to create ignore rule selector: ${fault}\n`,
    [],
    { cause },
  )
}
